"""Where a message comes from: it is read before anything is unpickled."""

import functools
import sys
from dataclasses import dataclass

from drawscape import __version__
from drawscape.errors import QueueError

_MOST_BYTES = 100
_PYTHON = sys.version.split()[0]  # to import `platform` for it takes as long as all of this module


class OtherPythonError(QueueError):
    """Functions or classes came by value from another version of Python; it would crash this one."""


@dataclass(frozen=True)
class Origin:
    """Who pickled a message: versions of Python and of Drawscape, and whether code travels in it."""

    python: str
    drawscape: str
    has_code: bool

    @classmethod
    def read(cls, message: bytes | memoryview) -> "tuple[Origin | None, int]":
        """Return the origin that a message begins with, and where its pickle begins.

        >>> Origin.read(Origin("3.13.5", "0.3.0", has_code=True).header)
        (Origin(python='3.13.5', drawscape='0.3.0', has_code=True), 18)
        """
        first, end, _ = bytes(message[:_MOST_BYTES]).partition(b"\n")
        origin = cls._of(first) if end else None
        return origin, 0 if origin is None else len(first) + 1

    @classmethod
    @functools.lru_cache(64)
    def _of(cls, line: bytes) -> "Origin | None":
        """Return the origin in a first line; None in that of a version that wrote none."""
        if not line[:1].isdigit():  # a pickle begins with its protocol, byte 128
            return None
        python, drawscape, *code = line.decode("ascii", "replace").split(" ")
        return cls(python, drawscape, bool(code))

    @property
    def header(self) -> bytes:
        """What the message begins with; short, for each job has one."""
        return f"{self.python} {self.drawscape}{' code' if self.has_code else ''}\n".encode()

    def check(self) -> None:
        """Raise OtherPythonError if this Python cannot read it."""
        if not self.has_code:
            return
        ours = _PYTHON
        if self.python.split(".")[:2] != ours.split(".")[:2]:
            raise OtherPythonError(
                f"it carries code of Python {self.python}, from a notebook, and this is Python {ours}: start "
                "a worker with that Python, or put the function into a task module"
            )


@functools.cache
def header_of_this_process(has_code: bool) -> bytes:
    """Return what a message from here begins with."""
    return Origin(_PYTHON, __version__, has_code).header
