"""What a file holds, as a plotter sees it: layers of lines on a page."""

from dataclasses import dataclass, replace

from drawscape.drawing.motion import Motion
from drawscape.drawing.pen import Pen
from drawscape.geometry.lines import Lines


@dataclass(frozen=True, eq=False)
class Layer:
    """The lines of one pen, in mm; `width_mm` is None when the file names no stroke width."""

    name: str
    color: str
    width_mm: float | None
    lines: Lines

    @property
    def pen(self) -> Pen:
        """The pen that draws the layer; 0.3 mm wide where the file names no width."""
        return Pen(self.name, self.color, self.pen_mm)

    @property
    def pen_mm(self) -> float:
        """How wide its pen is, in mm."""
        return self.width_mm or Pen().width

    @property
    def motion(self) -> Motion:
        """How the pen moves on this layer, as its name says."""
        return Motion.of(self.name)

    def with_lines(self, lines: Lines) -> "Layer":
        """Return the layer with other lines."""
        return replace(self, lines=lines)


@dataclass(frozen=True, eq=False)
class Document:
    """A page of `width_mm` x `height_mm` with its layers, y pointing down.

    `unsupported` says what the file holds and the lines do not (text, images, ...). `metadata` is the
    text of its `<metadata>` element, if it has any. `paper_color` is the paper's where it is
    not white.
    """

    width_mm: float
    height_mm: float
    layers: tuple[Layer, ...]
    unsupported: tuple[str, ...] = ()
    metadata: str | None = None
    paper_color: str | None = None

    @property
    def lines(self) -> Lines:
        """The lines of all layers in one."""
        return Lines.join(layer.lines for layer in self.layers)

    def with_layers(self, layers: tuple[Layer, ...] | list[Layer]) -> "Document":
        """Return the page with other layers."""
        return replace(self, layers=tuple(layers))
