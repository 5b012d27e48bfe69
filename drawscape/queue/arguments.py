"""Jobs as arguments of other jobs: each stands for its result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ResultOf:
    """Stands for the result of a job in the arguments of another, until that one runs."""

    job_id: str


def mapped(
    args: Sequence[Any], kwargs: Mapping[str, Any], kind: type[Any], step: Callable[[Any], Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments with `step(value)` in the place of each value of a kind."""

    def one(value: Any) -> Any:
        return step(value) if isinstance(value, kind) else value

    return tuple(map(one, args)), {name: one(value) for name, value in kwargs.items()}
