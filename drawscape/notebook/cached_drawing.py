"""The result of a form whose drawing exists already, in place of a job."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from drawscape.catalogue import Drawing


@dataclass(frozen=True)
class CachedDrawing:
    """An existing drawing, which `Form.draw()` returns in place of a job. It acts like a finished job.

    `drawing` is that of the catalogue.
    """

    drawing: Drawing
    id: str = ""
    status: Literal["finished"] = "finished"

    @property
    def path(self) -> Path:
        """Its file."""
        return self.drawing.path

    @property
    def result(self) -> str:
        """The path of the file, as the result of a job that draws."""
        return str(self.path)

    def wait(self, timeout: Any = None) -> str:
        """Return the path at once."""
        return self.result

    def cancel(self, grace: Any = 0.0) -> bool:
        """Return False: nothing is left to cancel."""
        return False

    def logs(self) -> str:
        """Return '': the job that drew it has its log."""
        return ""

    @property
    def words(self) -> str:
        """That it was drawn before, and when: 'at 12:30', 'on 03 May at 12:30'."""
        moment = self.drawing.drawn_at.astimezone()
        is_today = moment.date() == datetime.now().astimezone().date()
        day = "" if is_today else f"on {moment:%d %b} "
        return f"drawn before, {day}at {moment:%H:%M}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Show the drawing, as a finished job does."""
        return {**self.drawing._repr_mimebundle_(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<CachedDrawing {self.path.name}>"
