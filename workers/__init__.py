"""Tasks that run in the worker: `huey_consumer workers.huey`.

Use `huey` as any huey: `from workers import huey`, then `@huey.task()`, `@huey.periodic_task(...)`.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    if name != "huey":
        raise AttributeError(f"module 'workers' has no attribute {name!r}")
    from drawscape.tasks import huey

    return huey
