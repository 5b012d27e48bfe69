"""The generations of an evolution, and the drawings that a first one may begin with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from drawscape.catalogue import Drawing
from drawscape.drawing.paper import Orientation
from drawscape.errors import ParameterError
from drawscape.jobs import Job
from drawscape.notebook.standing import is_drawing, opened, page_for
from drawscape.notebook.target import Drawable

Beginning = Drawable | Drawing | Path | Sequence[Drawing | Path | str]
"""What an evolution begins with: a sketch, or drawings of one, or their files."""


@dataclass
class Individual:
    """One drawing of a generation: its settings, the recipes of its parents, what became of it."""

    values: dict[str, Any]
    parents: tuple[str, ...] = ()
    job: Job | None = None
    drawing: Any = None
    status: str = "queued"
    words: str = "waiting"

    @property
    def stars(self) -> int:
        """0 to 5, those of its drawing: they hold wherever else it is shown."""
        return self.drawing.stars if self.drawing is not None else 0


@dataclass
class Generation:
    """Individuals, and which generation they were bred from."""

    individuals: list[Individual]
    parent: int | None = None
    watch: Any = field(default=None, repr=False)


def beginning(
    target: Beginning, size: int, paper: str | None, orientation: Orientation | None
) -> tuple[Drawable, list[Individual]]:
    """Return the sketch to breed, and the drawings that the first generation of `size` begins with.

    Raises ParameterError for drawings that are none, too many or of several sketches.
    """
    chosen: Sequence[Drawing | Path | str]
    if is_drawing(target):
        chosen = [target]
    elif isinstance(target, Sequence) and not isinstance(target, str):
        chosen = target
    else:
        return cast(Drawable, target), []
    if not 0 < len(chosen) < size:
        words = f"choose 1 to {size - 1} of them for a generation of {size}"
        raise ParameterError("drawings", len(chosen), words)
    found = [opened(drawing) for drawing in chosen]
    names = sorted({drawing.sketch for _, _, drawing in found})
    if len(names) > 1:
        raise ParameterError("drawings", names, "must be of one sketch to be bred")
    parents = []
    for _, settings, drawing in found:
        page = page_for(drawing, paper, orientation) if paper or orientation else {}
        parents.append(Individual({**settings, **page}, drawing.parents, drawing=drawing))
    return found[0][0], parents
