"""A job as an argument of another: it waits for the first, and is given its result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ResultOf:
    """Stands for the result of a job in the arguments of another, until that one runs."""

    job_id: str


def with_results(
    args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], list[str]]:
    """Return the arguments with a `ResultOf` in the place of each job, and the ids of those jobs."""
    from drawscape.queue.job import Job  # it stands above, and knows the queue

    needed: list[str] = []

    def placed(value: Any) -> Any:
        if isinstance(value, Job):
            needed.append(value.id)
            return ResultOf(value.id)
        return value

    return tuple(map(placed, args)), {key: placed(value) for key, value in kwargs.items()}, needed


def remedy(value: Any) -> str:
    """Return what to pass in the place of a value that cannot be carried to the worker."""
    if _holds_job(value):
        return (
            "a job gives its result where it is an argument itself, of `enqueue_background_job`: "
            "pass it as one, or pass `job.wait()`"
        )
    return "pass plain values, arrays or a file's path"


def _holds_job(value: Any, depth: int = 5) -> bool:
    from drawscape.queue.job import Job

    if isinstance(value, Mapping):
        value = [*value, *value.values()]
    if isinstance(value, (list, tuple, set, frozenset)) and depth:
        return any(_holds_job(each, depth - 1) for each in value)
    return isinstance(value, Job)


def resolved(
    args: Sequence[Any], kwargs: Mapping[str, Any], result_of: Callable[[str], Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments with the results themselves, each asked for by `result_of(job_id)`."""

    def value_of(value: Any) -> Any:
        return result_of(value.job_id) if isinstance(value, ResultOf) else value

    return tuple(map(value_of, args)), {key: value_of(value) for key, value in kwargs.items()}
