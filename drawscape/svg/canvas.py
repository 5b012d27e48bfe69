"""The page that is drawn on: size, elements, open groups and layers, and what comes off it: a file, lines."""

import hashlib
import json
import math
import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from dataclasses import replace
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import Any, Self, TypeAlias

import numpy as np

from drawscape.atomic import write_atomic
from drawscape.drawing.affine import Matrix, parse_transform, rotation, scaling, translation
from drawscape.drawing.document import Document, Layer, Pen
from drawscape.drawing.paper import Frame, margin_mm
from drawscape.drawing.values import PX, Style, checked_length, parse_declarations
from drawscape.errors import CanvasError, GeometryError
from drawscape.geometry.curves import TOLERANCE_MM
from drawscape.geometry.lines import Lines, Points
from drawscape.image_tag import image_tag
from drawscape.svg.node import (
    STROKED,
    Attrs,
    Group,
    Mask,
    Node,
    Run,
    Shape,
    attribute_string,
    attribute_text,
    escape,
    format_number,
    from_keywords,
    pieces,
    transform_text,
)
from drawscape.svg.outline import Outline, as_runs

Trait: TypeAlias = str | int | float | bool


class Canvas:
    """A page of `width` x `height` mm and the nodes drawn on it so far; SVGBuilder draws on it."""

    def __init__(
        self,
        width: float,
        height: float,
        default_styles: Attrs | None = None,
        *,
        margin: float = 0.0,
        pen: Pen | None = None,
    ) -> None:
        self.width = checked_length("width", width)
        self.height = checked_length("height", height)
        self.margin = margin_mm(margin, self.width, self.height)
        self.default_styles: dict[str, Any] = dict(default_styles or {})
        self.pen = pen
        self.elements: list[Node] = []
        self.provenance: Mapping[str, Any] | None = None
        self.draft: Callable[[Any], object] | None = None
        """What shows an unfinished drawing: it is given a copy of the canvas and draws on that."""
        self.paper_color: str | None = None
        """The paper behind the drawing, such as `'#101014'` for white ink; no pen draws it."""
        self.traits: dict[str, Trait] = {}
        """What the drawing says of itself, by name; see `trait`."""
        self._drawn = 0
        self._open: list[tuple[Group, list[Matrix]]] = []
        self._matrices: list[Matrix] = [Matrix()]

    @cached_property
    def frame(self) -> Frame:
        """The page inside its margin, in mm."""
        return Frame(self.margin, self.margin, self.width - self.margin, self.height - self.margin)

    @property
    def current_group(self) -> Group | None:
        """The innermost group that is open, or None at root level."""
        return self._open[-1][0] if self._open else None

    @property
    def current_pen(self) -> Pen | None:
        """The pen of the open layer, else the canvas's own."""
        return next((group.pen for group, _ in self._open if group.pen), self.pen)

    @property
    def matrix(self) -> Matrix:
        """The current transform."""
        return self._matrices[-1]

    def add(self, node: Node) -> Self:
        """Add markup, lines or a group to the open group, or to the root."""
        if isinstance(node, (Shape, Run, Mask)):
            self._drawn += 1
            node.order = self._drawn
        group = self.current_group
        (self.elements if group is None else group.elements).append(node)
        return self

    def _open_group(self, group: Group, *, own_transform: bool = False) -> None:
        """Draw into `group` from now on; with its own transform, points inside are not moved again."""
        self._open.append((group, self._matrices))
        if own_transform:
            self._matrices = [Matrix()]

    def _close_to(self, depth: int) -> None:
        """Close groups until `depth` are open, and return to the transform outside of them."""
        while len(self._open) > depth:
            _, self._matrices = self._open.pop()

    def copied(self, elements: list[Node]) -> Self:
        """Return a canvas of the same settings with `elements`, nothing open and no draft."""
        page = copy(self)
        page.elements, page.draft = elements, None
        page._open, page._matrices = [], [Matrix()]
        return page

    def push(self) -> Self:
        """Remember the current transform until the matching `pop`.

        >>> svg.push().translate(50, 0).line(0, 0, 10, 0).pop().line(0, 5, 10, 5).lines().points
        array([[50.,  0.],
               [60.,  0.],
               [ 0.,  5.],
               [10.,  5.]])
        """
        self._matrices.append(self.matrix)
        return self

    def pop(self) -> Self:
        """Return to the transform of the matching `push`; raise CanvasError when there was none.

        >>> svg.push().translate(50, 0).pop().line(0, 0, 10, 0).lines().points
        array([[ 0.,  0.],
               [10.,  0.]])
        """
        if len(self._matrices) == 1:
            raise CanvasError("pop() without a push() before it in this group")
        self._matrices.pop()
        return self

    @contextmanager
    def pushed(self) -> Iterator[Self]:
        """Return a block after which the transform is what it was before.

        >>> for turn in range(6):
        ...     with svg.pushed():
        ...         _ = svg.rotate(60 * turn, 50, 50).line(50, 50, 50, 10)
        >>> len(svg.lines())
        6
        """
        self.push()
        try:
            yield self
        finally:
            self.pop()

    @contextmanager
    def _untransformed(self) -> Iterator[None]:
        """Return a block for what was moved by the current transform already."""
        kept, self._matrices = self._matrices, [Matrix()]
        try:
            yield
        finally:
            self._matrices = kept

    def translate(self, x: float, y: float) -> Self:
        """Shift what is drawn from now on by `x` and `y` mm.

        >>> svg.translate(50, 50).line(0, 0, 10, 0).lines().points
        array([[50., 50.],
               [60., 50.]])
        """
        self._matrices[-1] = self.matrix @ translation(x, y)
        return self

    def rotate(self, degrees: float, cx: float = 0.0, cy: float = 0.0) -> Self:
        """Turn what is drawn from now on about (`cx`, `cy`), clockwise on the page.

        >>> svg.rotate(90, 50, 50).line(50, 50, 60, 50).lines().points.round(6)
        array([[50., 50.],
               [50., 60.]])
        """
        self._matrices[-1] = self.matrix @ rotation(degrees, cx, cy)
        return self

    def scale(self, sx: float, sy: float | None = None) -> Self:
        """Scale what is drawn from now on about the origin; line widths stay the pen's.

        >>> svg.scale(2).line(0, 0, 10, 0).lines().lengths_mm
        array([20.])
        """
        self._matrices[-1] = self.matrix @ scaling(sx, sy)
        return self

    def _line_style(self) -> dict[str, Any]:
        """Return what lines need to be seen as lines where no layer, group or default says it."""
        if self.current_pen is not None:
            return {}
        given = {name for group, _ in self._open for name in group.attrs}
        return {k: v for k, v in STROKED.items() if k not in given and k not in self.default_styles}

    def _styled(self, attrs: Attrs | None, style: Attrs) -> dict[str, Any]:
        """Return the attributes of one element: defaults, then `attrs`, then keywords."""
        if attrs is not None and not isinstance(attrs, Mapping):
            raise CanvasError(
                f"attrs {attrs!r}: give a dict such as {{'fill': 'red'}}, or keywords"
            )
        return {**self.default_styles, **(attrs or {}), **from_keywords(style)}

    def begin_group(self, attrs: Attrs | None = None) -> Self:
        """Open a `<g>` with `attrs`; what follows is drawn inside it until `end_group`.

        >>> svg.begin_group({"stroke": "blue"}).circle(50, 50, 20).end_group()
        <SVGBuilder 100 x 100 mm, 1 element>
        """
        given = dict(attrs or {})
        attribute_string(given)
        moved = "transform" in given
        if moved:
            inner = parse_transform(given["transform"])
            # Inside, points are the group's own; the transform outside joins the group's.
            if not self.matrix.is_identity:
                given["transform"] = transform_text(self.matrix @ inner)
        group = Group(given)
        self.add(group)
        self._open_group(group, own_transform=moved)
        return self

    def end_group(self) -> Self:
        """Close the innermost group; at root level nothing happens.

        >>> svg.begin_group({"id": "sun"}).circle(50, 50, 20).end_group()
        <SVGBuilder 100 x 100 mm, 1 element>
        """
        inner = self.current_group
        if inner is not None and inner.pen is None:
            self._close_to(len(self._open) - 1)
        return self

    @contextmanager
    def group(self, attrs: Attrs | None = None, **style: Any) -> Iterator[Self]:
        """Return a block whose drawing goes into one `<g>` with these attributes.

        >>> with svg.group(stroke="blue"):
        ...     _ = svg.circle(50, 50, 20).circle(50, 50, 25)
        >>> 'stroke="blue"' in svg.to_string()
        True
        """
        depth = len(self._open)
        self.begin_group({**(attrs or {}), **from_keywords(style)})
        try:
            yield self
        finally:
            self._close_to(depth)

    def layer(
        self, name: str, *, color: str | None = None, width: float | None = None
    ) -> AbstractContextManager[Self]:
        """Return a block that draws with the pen `name`, in a layer as plotters know them.

        A name used again goes on in the same layer. `color` is black and `width` 0.3 mm unless the
        layer, or the canvas's own pen of that name, says otherwise.
        Inside a group its transform and attributes hold in the layer, too. The file has them in a group
        of the layer, for layers stand side by side.
        Raises CanvasError inside another layer, and when a layer is given a second colour.

        >>> with svg.layer("red", color="red", width=0.5):
        ...     _ = svg.circle(50, 50, 20)
        >>> [(pen.name, len(lines)) for pen, lines in svg.layers()]
        [('red', 1)]
        """
        return LayerBlock(self._in_layer(name, color, width), name)

    @contextmanager
    def _in_layer(self, name: str, color: str | None, width: float | None) -> Iterator[Self]:
        if any(group.pen for group, _ in self._open):
            raise CanvasError(f"layer {name!r} inside another layer; end that one first")
        depth, around = len(self._open), [dict(group.attrs) for group, _ in self._open]
        self._open_group(self._layer(name, color, width))
        try:
            for attrs in around:
                # Ids stay those of the outer groups; two of one name would be an error in XML.
                inner = Group({key: value for key, value in attrs.items() if key != "id"})
                self.add(inner)
                self._open_group(inner)
            yield self
        finally:
            self._close_to(depth)

    def _layer(self, name: str, color: str | None, width: float | None) -> Group:
        given = {"color": color, "width": width}
        wanted: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        for node in self.elements:
            if isinstance(node, Group) and node.pen and node.pen.name == name:
                if node.elements and replace(node.pen, **wanted) != node.pen:
                    raise CanvasError(
                        f"layer {name!r} is drawn with {node.pen} already; name another pen"
                    )
                node.pen = replace(node.pen, **wanted)
                return node
        base = self.pen if self.pen and self.pen.name == name else Pen(name)
        layer = Group(pen=replace(base, **wanted))
        self.elements.append(layer)
        return layer

    def drafted(self) -> Self:
        """Return the canvas as it looks now: itself, or while it has a draft, a copy with that drawn.

        All that comes off the canvas shows its draft, too; the canvas itself stays as it is.

        >>> svg.circle(50, 50, 20).drafted() is svg
        True
        """
        if self.draft is None:
            return self
        # Groups are filled further; the copy needs its own.
        page = self.copied(
            [
                Group(node.attrs, elements=[*node.elements], pen=node.pen)
                if isinstance(node, Group)
                else node
                for node in self.elements
            ]
        )
        self.draft(page)
        return page

    def document(self, tolerance: float = TOLERANCE_MM) -> Document:
        """Return the drawing as a page with its layers, in drawing order.

        What lies outside of any layer belongs to the canvas's own pen or, without one, to a pen for each
        stroke colour. Curves deviate by `tolerance` mm at most.

        >>> document = svg.circle(50, 50, 20).document()
        >>> document.width_mm, [layer.color for layer in document.layers]
        (100, ['black'])
        """
        layers = tuple(flatten_layers(self._root(), tolerance))
        return Document(self.width, self.height, layers, paper_color=self.paper_color)

    def lines(self, tolerance: float = TOLERANCE_MM) -> Lines:
        """Return everything drawn as polylines in mm; curves deviate by `tolerance` mm at most.

        >>> svg.line(10, 10, 90, 10).lines().points
        array([[10., 10.],
               [90., 10.]])
        """
        return self.document(tolerance).lines

    def trait(self, name: str, value: Trait) -> Self:
        """Note what kind of drawing this seed has given, and return the canvas; it draws nothing.

        The file and the catalogue keep it: `drawings(where={'density': 'high'})` finds the drawing, and
        `sheet.trait_counts()` counts the values over seeds. A value is text, a number, or true or false.
        Raises CanvasError for an empty name and for another value.

        >>> svg.trait("density", "high").traits
        {'density': 'high'}
        """
        plain = value.item() if isinstance(value, np.generic) else value
        known = isinstance(plain, (str, bool, int)) or (
            isinstance(plain, float) and math.isfinite(plain)
        )
        if not isinstance(name, str) or not name.strip() or not known:
            raise CanvasError(
                f"trait({name!r}, {value!r}): give a name, and a text, number or bool"
            )
        self.traits[name] = plain
        return self

    def layers(self, tolerance: float = TOLERANCE_MM) -> list[tuple[Pen, Lines]]:
        """Return the layers of `document` as (pen, lines) pairs.

        >>> [pen.name for pen, lines in svg.line(10, 10, 90, 10).layers()]
        ['pen 1']
        """
        return [(layer.pen, layer.lines) for layer in self.document(tolerance).layers]

    def to_bytes(self) -> bytes:
        """Return the SVG file's bytes, UTF-8.

        >>> svg.circle(50, 50, 20).to_bytes()[:5]
        b'<?xml'
        """
        return b"".join(self._pieces())

    def to_string(self) -> str:
        """Return the SVG file as text.

        >>> print(svg.circle(50, 50, 20).to_string())
        <?xml version="1.0" encoding="UTF-8" standalone="no"?>
        <svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="100mm" viewBox="0 0 100 100">
        <g fill="none" stroke="black" stroke-width="0.3">
        <circle cx="50" cy="50" r="20" />
        </g>
        </svg>
        """
        return self.to_bytes().decode()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the SVG file and return its absolute path; the file is complete or not there at all.

        The folder must exist.

        >>> svg.circle(50, 50, 20).save("circle.svg").name
        'circle.svg'
        """
        target = Path(path).absolute()
        write_atomic(target, self._pieces())
        return target

    def _pieces(self) -> Iterator[bytes]:
        return file_content(
            self.width,
            self.height,
            self._root(),
            provenance=self.provenance,
            paper_color=self.paper_color,
        )

    def _root(self) -> list[Node]:
        return in_layers(self.drafted().elements, self.pen)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        """Return the drawing for a notebook: an `<img>` shows everywhere and runs no script.

        It is the picture alone, without the recipe, which changes with the library's code.
        """
        plain = self.copied(self.elements)
        plain.provenance = None
        return {
            "text/html": image_tag(plain.to_bytes(), str(self), height_px=640),
            "text/plain": str(self),
        }

    def __repr__(self) -> str:
        size = f"{self.width:g} x {self.height:g} mm"
        count = len(self.elements)
        return f"<{type(self).__name__} {size}, {count} element{'s' * (count != 1)}>"


class LayerBlock(AbstractContextManager[Any]):
    """The block of a layer; one that no `with` enters draws nothing, and says so."""

    def __init__(self, block: AbstractContextManager[Any], name: object) -> None:
        self._block, self._name, self._entered = block, name, False

    def __enter__(self) -> Any:
        self._entered = True
        return self._block.__enter__()

    def __exit__(self, *what: Any) -> bool | None:
        return self._block.__exit__(*what)

    def __del__(self) -> None:
        if not self._entered:
            warnings.warn(
                f"svg.layer({self._name!r}) does nothing by itself; "
                f"write 'with svg.layer({self._name!r}):' and draw in its block",
                RuntimeWarning,
                stacklevel=2,
            )


Drawable: TypeAlias = Any
"""An (N, 2) array, complex numbers (x + iy), Lines, a shapely geometry, a canvas, or an iterable of these."""


def as_points(shape: Drawable, ys: Any = None) -> Points:
    """Return one line as (N, 2): of an (N, 2) array, complex numbers, pairs, or xs with `ys`.

    Raises GeometryError for what is not one line.
    """
    if ys is not None:
        xs, ys = (np.asarray(_listed(values), dtype=np.float64).ravel() for values in (shape, ys))
        if len(xs) != len(ys):
            raise GeometryError(f"{len(xs)} xs and {len(ys)} ys; give the same number of each")
        return np.column_stack((xs, ys))
    lines = as_lines([shape])
    if len(lines) > 1:
        raise GeometryError(f"give one line, not {len(lines)}; use polylines() for several")
    return lines.points


def as_lines(shapes: Drawable) -> Lines:
    """Return lines of any of the kinds of Drawable; areas give their rings, points give dots.

    Raises GeometryError for what holds no points, and for points that are not finite.
    """
    if isinstance(shapes, Lines):
        return shapes
    if isinstance(shapes, Canvas):
        return shapes.lines()
    if hasattr(shapes, "geom_type"):
        return Lines.of(_of_geometry(shapes))
    shapes = _listed(shapes)
    if isinstance(shapes, list) and shapes and all(isinstance(each, complex) for each in shapes):
        shapes = np.array(shapes)
    if isinstance(shapes, np.ndarray) and np.iscomplexobj(shapes):
        return Lines.of(np.stack((shapes.real, shapes.imag), axis=-1))
    if isinstance(shapes, list) and any(map(_is_special, shapes)):
        return Lines.join(as_lines(shape) for shape in shapes)
    return Lines.of(shapes)


def as_region(shape: Drawable) -> Any:
    """Return what geometry takes as a polygon: a shapely geometry as it is, all else as lines."""
    return shape if hasattr(shape, "geom_type") else as_lines(shape)


def _listed(values: Any) -> Any:
    """Return a list of what can only be iterated over, such as a generator or zip()."""
    if isinstance(values, np.ndarray) or not isinstance(values, Iterable):
        return values
    return [list(value) if isinstance(value, Iterator) else value for value in values]


def _is_special(value: Any) -> bool:
    if isinstance(value, (Lines, Canvas, complex)) or hasattr(value, "geom_type"):
        return True
    try:
        return np.iscomplexobj(value)
    except ValueError:  # pairs beside single numbers: Lines says what is wrong with them
        return False


def _of_geometry(shape: Any) -> list[Points]:
    if hasattr(shape, "geoms"):
        return [line for part in shape.geoms for line in _of_geometry(part)]
    if shape.geom_type == "Polygon":
        rings = [shape.exterior, *shape.interiors]
        return [np.asarray(ring.coords)[:, :2] for ring in rings if not ring.is_empty]
    return [] if shape.is_empty else [np.asarray(shape.coords)[:, :2]]


class CanvasWarning(UserWarning):
    """Something on the canvas has no lines that a pen could draw."""


METADATA = re.compile(rb'<metadata id="drawscape">.*?</metadata>\n', re.DOTALL)
"""The element of a file that says how it was made."""


def body_digest(content: bytes) -> str:
    """Return the digest of a file's content without the metadata, which holds this digest as `body`.

    >>> body_digest(b'<svg><metadata id="drawscape">{}</metadata>\\n</svg>') == body_digest(b"<svg></svg>")
    True
    """
    return hashlib.sha256(METADATA.sub(b"", content, count=1)).hexdigest()[:32]


def file_content(
    width: float,
    height: float,
    nodes: Sequence[Node],
    *,
    provenance: Mapping[str, Any] | None = None,
    paper_color: str | None = None,
) -> Iterator[bytes]:
    """Return the whole file in pieces; sizes in mm, one user unit a millimetre.

    Metadata holds a digest of all else: a file that was edited is known by it.
    """
    wide, high = format_number(width), format_number(height)
    layered = any(isinstance(node, Group) and node.pen for node in nodes)
    inkscape = ' xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"' if layered else ""
    paper = f' style="background-color: {attribute_text(paper_color)}"' if paper_color else ""
    head = (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg"{inkscape} '
        f'width="{wide}mm" height="{high}mm" viewBox="0 0 {wide} {high}"{paper}>\n'
    )
    yield head.encode()
    body: Iterable[bytes] = chain(pieces(nodes), [b"</svg>\n"])
    if provenance is not None:
        whole = b"".join(body)
        made = {**provenance, "body": body_digest(head.encode() + whole)}
        # ASCII, for JSON may hold characters that XML may not.
        recipe = json.dumps(made, sort_keys=True, separators=(",", ":"))
        yield f'<metadata id="drawscape">{escape(recipe)}</metadata>\n'.encode()
        body = [whole]
    yield from body


def layer_attributes(pen: Pen, number: int) -> dict[str, Any]:
    """Return what makes a group a layer for Inkscape, vpype, saxi and AxiDraw alike."""
    return {
        "id": f"layer{number}",
        "inkscape:groupmode": "layer",
        "inkscape:label": pen.name,
        "fill": "none",
        "stroke": pen.color,
        "stroke-width": pen.width,
        "stroke-linecap": "round",
        "stroke-linejoin": "round",
    }


def in_layers(nodes: Sequence[Node], pen: Pen | None) -> list[Node]:
    """Return the root's nodes as the file has them: everything in layers if there is a `pen`."""
    if pen is not None:
        layers = [node for node in nodes if isinstance(node, Group) and node.pen]
        loose = [node for node in nodes if not (isinstance(node, Group) and node.pen)]
        same = next((n for n in layers if n.pen and n.pen.name == pen.name), Group(pen=pen))
        if loose:
            first = Group(elements=loose + same.elements, pen=same.pen)
            layers = [first, *(n for n in layers if n is not same)]
        nodes = layers
    numbers = count(1)
    return [
        Group(layer_attributes(node.pen, next(numbers)), elements=node.elements, pen=node.pen)
        if isinstance(node, Group) and node.pen
        else node
        for node in nodes
    ]


def flatten_layers(nodes: Iterable[Node], tolerance: float) -> list[Layer]:
    """Return the layers of the root's `nodes`: one for each pen, outside of layers for each colour.

    `tolerance` in mm is how far a polyline may stray from its curve.
    """
    pens: dict[Pen, list[Lines]] = {}
    for pen, lines in _drawn(as_runs(nodes, tolerance), Style(), None):
        pens.setdefault(pen, []).append(lines)
    return [
        Layer(
            f"pen {index}" if pen.name == "?" else pen.name, pen.color, pen.width, Lines.join(parts)
        )
        for index, (pen, parts) in enumerate(pens.items(), 1)
    ]


def _drawn(nodes: Iterable[Node], style: Style, pen: Pen | None) -> Iterator[tuple[Pen, Lines]]:
    """Yield lines and their pens; outside of layers the stroke's colour and width make a pen named `?`."""
    for node in nodes:
        if isinstance(node, Group):
            yield from _drawn(node.elements, _style(style, node.attrs), node.pen or pen)
        elif isinstance(node, Run):
            own = _style(style, node.attrs)
            if pen or own.paints or not isinstance(node, Outline):
                yield pen or Pen("?", own.ink, own.pen_width(1.0) or Pen().width), node.lines
        elif not isinstance(node, (Mask, Shape)):
            yield from _markup(node, pen)
        elif isinstance(node, Shape) and node.tag == "text":
            note = "gives no lines; use hershey_text() or lettering() for a pen"
            _warn(f"text {node.content!r} {note}")


def _markup(text: str, pen: Pen | None) -> Iterator[tuple[Pen, Lines]]:
    """Yield what markup that was added by hand draws, read as any SVG is."""
    from drawscape.svg.read import read_svg

    document = read_svg(f'<svg xmlns="http://www.w3.org/2000/svg">{text}</svg>')
    for note in document.unsupported:
        _warn(note)
    for layer in document.layers:
        # A file that names no size is in pixels; here a user unit is a millimetre.
        lines = layer.lines.with_points(layer.lines.points / PX)
        width = layer.width_mm / PX if layer.width_mm else Pen().width
        yield pen or Pen("?", layer.color, round(width, 4)), lines


def _style(parent: Style, attrs: Mapping[str, Any]) -> Style:
    own = {name: str(value).strip() for name, value in attrs.items()}
    return parent.with_(own | dict(parse_declarations(own.get("style", ""))))


def _warn(text: str) -> None:
    warnings.warn(text, CanvasWarning, stacklevel=5)
