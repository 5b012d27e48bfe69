"""The contract's name for `drawscape.jobs`."""

from typing import TYPE_CHECKING

from drawscape import jobs
from drawscape.jobs import __all__ as __all__

if TYPE_CHECKING:
    from drawscape.jobs import *  # noqa: F403


if not TYPE_CHECKING:  # a type checker would take any name for an export

    def __getattr__(name: str) -> object:
        return getattr(jobs, name)

    def __dir__() -> list[str]:
        return dir(jobs)
