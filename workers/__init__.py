"""Tasks that run in the worker: `huey_consumer workers.huey`.

`huey` is made when it is first asked for, so that importing a task module costs nothing of it. Use it as
any huey: `from workers import huey`, then `@huey.task()`, `@huey.periodic_task(...)`.
"""

from __future__ import annotations

from typing import Any

from drawscape import settings
from drawscape.job_manager import QUEUE_NAME


def __getattr__(name: str) -> Any:
    if name != "huey":
        raise AttributeError(f"module 'workers' has no attribute {name!r}")
    from drawscape.queue.huey import JobHuey

    huey = JobHuey(
        QUEUE_NAME,
        filename=settings.queue_file(),
        home=settings.home(),
        task_modules=settings.task_modules(),
    )
    globals()["huey"] = huey
    return huey
