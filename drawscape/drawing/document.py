"""A page for a plotter: layers of lines, their pens, and how the pens move.

Below are the papers by name, in mm.

A layer's name encodes how its pen moves, with the codes of the AxiDraw's software:

    5 +S30+H60+D500 red    layer 5: at 30 % of the top speed, the pen at 60 % of its height, after 500 ms
    !red                   wait for a person first (to change the pen)
    %notes                 not plotted

The codes are at the start of the name, after any number. Upper and lower case are the same, and the last of
a kind counts (AxiDraw Layer Control). `+P2`, two passes, is our addition; the AxiDraw's software reads it as
text. So is a word that names a pen of the home: `sky @micron-03-blue`.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from drawscape.drawing.values import (
    INCH,
    check_name,
    check_text,
    checked_length,
    parse_length,
    rgba,
)
from drawscape.errors import CanvasError, PlotError, UnknownNameError
from drawscape.geometry.lines import Lines
from drawscape.geometry.regions import Frame as Frame

_NAME = re.compile(
    r"\s*(%)?\s*(!)?\s*(\d{1,4}(?!\d))?((?:\s*\+[SHDP]\d+)*)(.*)", re.IGNORECASE | re.DOTALL
)
_CODE = re.compile(r"\+([SHDP])(\d+)", re.IGNORECASE)
_PEN = re.compile(r"(?:^|\s)@([\w.-]+)")
# What the AxiDraw's software accepts; other values are ignored there, and here.
_CODES = {
    "S": ("speed", 1, 110),
    "H": ("height", 0, 100),
    "D": ("delay_ms", 1, 10**9),
    "P": ("passes", 1, 100),
}


@dataclass(frozen=True, kw_only=True)
class Motion:
    """The settings that a layer requests from the machine; None keeps the machine's own.

    `speed` is in percent of the machine's top drawing speed (1 to 110). `height` is that of the pen
    when down, in percent of its range (0 to 100). `delay_ms` is the time before the layer, `pause` a
    wait for a person before it.
    A layer that is not `plotted` is a note. `number` is the layer's own
    (0 to 9999), for software that selects layers by it. Raises PlotError for a value out of its range.
    """

    number: int | None = None
    pause: bool = False
    plotted: bool = True
    speed: int | None = None
    height: int | None = None
    delay_ms: int | None = None
    passes: int = 1

    def __post_init__(self) -> None:
        for field, low, high in _CODES.values():
            value = getattr(self, field)
            if value is not None and not (isinstance(value, int) and low <= value <= high):
                raise PlotError(f"{field}={value!r}: give a whole number from {low} to {high}")

    @classmethod
    def of(cls, name: str) -> "Motion":
        """Return the motion that the codes in a layer's `name` request."""
        hidden, pause, number, codes, _ = _NAME.findall(name)[0]
        found = {}
        for code, digits in _CODE.findall(codes):
            field, low, high = _CODES[code.upper()]
            if low <= int(digits) <= high:
                found[field] = int(digits)
        return cls(
            number=int(number) if number else None, pause=bool(pause), plotted=not hidden, **found
        )

    def named(self, text: str) -> str:
        """Return the layer's name that asks for this motion, with `text` after the codes.

        >>> from drawscape.drawing.document import Motion
        >>> Motion(speed=30, passes=2).named("red")
        '+S30+P2 red'
        """
        codes = ""
        for code, (field, *_) in _CODES.items():
            value = getattr(self, field)
            if value is not None and (code, value) != ("P", 1):
                codes += f"+{code}{value}"
        number = "" if self.number is None else str(self.number)
        hidden = "" if self.plotted else "%"
        pause = "!" if self.pause else ""
        start = f"{hidden}{pause}{number}{codes}"
        return f"{start} {text}" if number or codes else f"{start}{text}"


def plain_name(name: str) -> str:
    """Return a layer's name without codes and pen: `'sky'` of `'5+S30 sky @micron'`.

    If nothing is left, it is the whole name.
    """
    return _PEN.sub("", _without_codes(name)).strip() or name


def pen_name(name: str) -> str:
    """Return the name of the pen that a layer's name asks for, else its plain name.

    >>> pen_name("5+S30 sky @micron-03-blue"), pen_name("+S30 red")
    ('micron-03-blue', 'red')
    """
    found = _PEN.search(name)
    return found[1] if found else plain_name(name)


def _without_codes(name: str) -> str:
    return _NAME.findall(name)[0][4].strip()


def pen_numbers(layers: Sequence["Layer"], *, most: int | None = None) -> list[int]:
    """Return the number of each layer's pen, from 1: its own, or a free one for its name and colour.

    A layer's own number is ignored above `most`, which is how many pens the plotter's carousel has.

    >>> from drawscape.drawing.document import Layer, pen_numbers
    >>> from drawscape.geometry.lines import Lines
    >>> layers = [Layer(name, "black", None, Lines.of([])) for name in ("2 blue", "red", "blue", "grey")]
    >>> pen_numbers(layers)
    [2, 1, 2, 3]
    """
    pens = [(pen_name(layer.name), layer.color) for layer in layers]
    given = [layer.motion.number or 0 for layer in layers]
    if most is not None:
        given = [number if number <= most else 0 for number in given]
    number_of = {pen: number for pen, number in zip(pens, given) if number}
    free = (number for number in itertools.count(1) if number not in given)
    for pen in pens:
        if pen not in number_of:
            number_of[pen] = next(free)
    return [number or number_of[pen] for pen, number in zip(pens, given)]


@dataclass(frozen=True)
class Pen:
    """One pen of the plotter: its layer's name, its ink's colour for SVG, its width in mm."""

    name: str = "pen 1"
    color: str = "black"
    width: float = 0.3

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", check_text(self.name))
        if not self.name.strip():
            raise CanvasError(f"pen name {self.name!r} is empty; give a name such as 'pen 1'")
        if self.color not in ("none", "currentColor") and rgba(str(self.color)) is None:
            raise CanvasError(f"pen color {self.color!r} is no colour, such as 'red' or '#1d3f8f'")
        checked_length("pen width", self.width)

    @property
    def motion(self) -> Motion:
        """How the pen moves: speed, height, passes, delay, as its name says (see `Motion`)."""
        return Motion.of(self.name)

    def moving(self, **motion: Any) -> "Pen":
        """Return the pen with a name that asks for another motion; other settings stay.

        >>> from drawscape.drawing.document import Pen
        >>> Pen("red").moving(speed=30, passes=2).name
        '+S30+P2 red'
        """
        return replace(self, name=replace(self.motion, **motion).named(_without_codes(self.name)))


@dataclass(frozen=True, eq=False)
class Layer:
    """The lines of one pen, in mm; `width_mm` is None without a stroke width in the file."""

    name: str
    color: str
    width_mm: float | None
    lines: Lines

    @property
    def pen(self) -> Pen:
        """The pen that draws the layer; 0.3 mm wide if the file names no width."""
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

    `unsupported` names content of the file that the lines do not show (text, images, ...). `metadata` is the
    text of its `<metadata>` element, if it has any. `paper_color` is the paper's colour if not
    white.
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

    def plotted(self) -> "Document":
        """Return the page without the layers that are not plotted (`%notes`)."""
        return self.with_layers([layer for layer in self.layers if layer.motion.plotted])

    def with_layers(self, layers: tuple[Layer, ...] | list[Layer]) -> "Document":
        """Return the page with other layers."""
        return replace(self, layers=tuple(layers))


Orientation = Literal["portrait", "landscape"]

Outside = Literal["crop", "refuse", "keep"]
"""How lines off the paper are treated."""
OUTSIDE: tuple[Outside, ...] = get_args(Outside)

WARM_WHITE = "#fefcf7"
"""The paper's colour in pictures of a drawing that names none."""

_INCHES = {
    "statement": (5.5, 8.5),
    "executive": (7.25, 10.5),
    "letter": (8.5, 11),
    "legal": (8.5, 14),
    "tabloid": (11, 17),
    "ledger": (11, 17),
    "ansi-c": (17, 22),
    "ansi-d": (22, 34),
    "arch-a": (9, 12),
    "arch-b": (12, 18),
    "arch-c": (18, 24),
    "arch-d": (24, 36),
}


def _halved(letter: str, width: int, height: int) -> dict[str, tuple[float, float]]:
    """Return a series of ISO 216: each is the one before it cut in half, in whole millimetres."""
    sizes: dict[str, tuple[float, float]] = {}
    for number in range(8):
        sizes[f"{letter}{number}"] = width, height
        width, height = height // 2, width
    return sizes


PAPERS: dict[str, tuple[float, float]] = {
    **_halved("a", 841, 1189),
    **_halved("b", 1000, 1414),
    **{name: (round(w * INCH, 2), round(h * INCH, 2)) for name, (w, h) in _INCHES.items()},
}
"""Width and height in portrait, in mm, by name."""

_CUSTOM = re.compile(
    r"\s*([\d.]+)\s*([a-z\"]*)\s*[x×*]\s*([\d.]+)\s*([a-z\"]*)\s*\Z", re.IGNORECASE
)


def paper_size(name: str, orientation: Orientation | None = None) -> tuple[float, float]:
    """Return (width, height) in mm of a paper: a name as in PAPERS, or `'210x297'`, `'8.5x11in'`.

    A named paper is upright unless `orientation` says 'landscape'; a custom one stays as given
    unless `orientation` says otherwise.
    Raises UnknownNameError for an unknown name or orientation, CanvasError for an invalid size.

    >>> paper_size("a5", "landscape")
    (210, 148)
    """
    if orientation is not None:
        check_name("orientation", orientation, get_args(Orientation))
    key = re.sub(r"[\s_]+", "-", str(name).strip().lower())
    size = PAPERS.get(key)
    if size is None:
        match = _CUSTOM.match(str(name))
        if match is None:
            raise UnknownNameError("paper", name, [*PAPERS, "WIDTHxHEIGHT"])
        wide, first, high, second = match.groups()
        width = checked_length("paper width", parse_length(wide + (first or second)))
        size = width, checked_length("paper height", parse_length(high + (second or first)))
    if orientation is None:
        return size
    return (min(size), max(size)) if orientation == "portrait" else (max(size), min(size))


def margin_mm(margin: str | float, width: float, height: float) -> float:
    """Return a margin in mm from mm, a length such as '1cm', or '5%' of the shorter side.

    >>> margin_mm("5%", 210, 297)
    10.5
    """
    shorter = min(width, height)
    if isinstance(margin, str) and margin.strip().endswith("%"):
        inset = parse_length(margin.strip()[:-1]) / 100 * shorter
    else:
        inset = parse_length(margin)
    if inset < 0:
        raise CanvasError(f"margin {margin!r} is negative; give 0 or more")
    if inset >= shorter / 2:
        raise CanvasError(f"margin {margin!r} leaves nothing of a page {width:g} x {height:g} mm")
    return inset
