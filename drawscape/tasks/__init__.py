"""The tasks that a worker runs: thin functions over the packages below, named by dotted path.

Read drawing.py first; sheets.py, plotting.py, mail.py, data.py and files.py are similar. A project's
`workers/` and `sketches/` add to them, and `drawscape.settings.TASK_ALIASES` has the contract's names for
them. `huey` is what `huey_consumer drawscape.tasks.huey` and `drawscape worker` run; it is made on
first use, so that importing a task does not load it.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    if name != "huey":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from drawscape import settings
    from drawscape.jobs import QUEUE_NAME
    from drawscape.queue.engines.engine import is_url
    from drawscape.queue.huey import JobHuey, JobPostgresHuey

    target = settings.queue_target()
    options: dict[str, Any] = {"home": settings.home(), "task_modules": settings.task_modules()}
    if is_url(target):
        huey: Any = JobPostgresHuey(QUEUE_NAME, url=target, **options)
    else:
        huey = JobHuey(QUEUE_NAME, filename=target, **options)
    globals()["huey"] = huey
    return huey
