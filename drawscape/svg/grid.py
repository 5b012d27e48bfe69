"""The cells of a grid on a canvas."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from drawscape.drawing.values import finite
from drawscape.errors import CanvasError
from drawscape.geometry.regions import Frame
from drawscape.svg.transforms import TransformStack


@dataclass(frozen=True)
class Cell:
    """A cell of a grid; in its block, `with cell:`, the origin is the cell's centre.

    `column` and `row` count from 0, `index` row by row. `u` and `v` are the place of the centre in the
    whole grid, 0 to 1 from left to right and from top to bottom. `width` and `height` are mm.
    """

    canvas: TransformStack
    column: int
    row: int
    index: int
    u: float
    v: float
    cx: float
    cy: float
    width: float
    height: float

    @property
    def size(self) -> float:
        """The shorter side in mm."""
        return min(self.width, self.height)

    @property
    def frame(self) -> Frame:
        """The cell's rectangle on the page, which can be the area of a smaller grid."""
        across, down = self.width / 2, self.height / 2
        return Frame(self.cx - across, self.cy - down, self.cx + across, self.cy + down)

    def __enter__(self) -> Self:
        self.canvas.push().translate(self.cx, self.cy)
        return self

    def __exit__(self, *what: Any) -> None:
        self.canvas.pop()


def cells_of(canvas: TransformStack, area: Frame, columns: int, rows: int | None) -> Iterator[Cell]:
    """Return the cells that divide `area`, row by row; without `rows`, squares in its middle.

    Raises CanvasError for a number of columns or rows that is not whole and at least 1.
    """
    for name, count in (("columns", columns), ("rows", rows)):
        if count is not None and (finite(name, count) < 1 or count % 1):
            raise CanvasError(f"grid: {name}={count!r}; give a whole number, 1 or more")
    width, height, left, top = area.width / columns, 0.0, area.x0, area.y0
    if rows is None:
        rows = max(1, int(area.height / width + 1e-9))
        width = height = min(width, area.height)
        left = area.cx - columns * width / 2
        top = area.cy - rows * height / 2
    else:
        height = area.height / rows
    return (
        Cell(
            canvas, column, row, row * columns + column, (column + 0.5) / columns, (row + 0.5) / rows,
            left + (column + 0.5) * width, top + (row + 0.5) * height, width, height,
        )
        for row in range(rows)
        for column in range(columns)
    )  # fmt: skip
