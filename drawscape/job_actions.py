"""The summary line and the buttons of a table of jobs, in the notebook and on the web."""

from collections.abc import Callable

from drawscape.jobs import ENDED, WAITING, Job, queue_is_paused, queue_statistics

SOONER = 10
"""How much the button raises a priority: a contact sheet's job then runs before the others."""


def sooner(job: Job) -> None:
    """Raise the priority of a job that waits."""
    job.priority += SOONER


ACTIONS: dict[str, Callable[[Job], object]] = {
    "sooner": sooner,
    "cancel": Job.cancel,
    "retry": Job.requeue,
    "log": lambda job: "\n\n".join(filter(None, [job.logs(), job.error])) or "nothing was printed",
    "delete": Job.delete,
}
"""The actions on a job of the table, by the word on the button."""


def offered(status: str) -> tuple[str, ...]:
    """Return the names of the ACTIONS for a job of that status."""
    if status in ENDED:
        return "retry", "log", "delete"
    if status in WAITING:
        return "sooner", "cancel"
    return ("cancel", "log") if status == "started" else ()


def summary_words() -> str:
    """Return the whole queue in one line: '1 worker · 2 waiting · 1 running · 40 finished'."""
    numbers = queue_statistics()
    counts = numbers.counts
    waiting = sum(counts[status] for status in WAITING)
    workers = f"{numbers.workers or 'no'} worker{'' if numbers.workers == 1 else 's'}"
    words = [workers, f"{waiting} waiting", f"{counts['started']} running"]
    words += ["paused"] if queue_is_paused() else []
    words += [f"{counts[status]} {status}" for status in ENDED if counts[status]]
    return " · ".join(words)
