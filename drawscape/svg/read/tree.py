"""XML text as a light tree of nodes, read with guards against hostile files.

Entities make XML dangerous: they fetch files, and they multiply. Illustrator's files
declare a few for their name spaces, so only internal ones that hold no others are allowed.

Long rows of polylines, as in our own files, are taken out before the XML is parsed: parsing them would
take most of the time. A whole row is read at once, and the parser gets one element in its place. If
single elements could matter (style sheets, `<use>`, comments), nothing is taken out.
"""

import gzip
import io
import re
import secrets
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

import numpy as np

from drawscape.drawing.path import parse_pairs
from drawscape.errors import SvgReadError
from drawscape.geometry.lines import Lines

STYLE_SHEET = "?xml-stylesheet"
"""An attribute of the root: the file's references to external style sheets."""

# Real drawings nest below twenty; a renderer's own recursion ends in the hundreds.
_DEEPEST = 256
# Path data shrinks to a third or a fifth; a file that unpacks to far more is a bomb.
_LARGEST_BYTES = 200 << 20
_SURELY_HARMLESS_BYTES = 10 << 20
_LARGEST_RATIO = 50
# They are read in three seconds and 300 MB; a pen would draw them for days.
_MOST_ELEMENTS = 400_000


@dataclass(slots=True)
class XmlNode:
    """An element: `tag` without SVG's name space, `attributes` as written, and its own `text`.

    Inside `<text>` the characters between elements are children with the tag `#text`. `lines` are a whole
    row of polylines, in the file's units.
    """

    tag: str
    attributes: dict[str, str]
    children: "list[XmlNode]" = field(default_factory=list)
    text: str = ""
    parent: "XmlNode | None" = field(default=None, repr=False, compare=False)
    lines: Lines | None = field(default=None, repr=False, compare=False)

    # The methods that cssselect2 needs.
    @property
    def attrib(self) -> dict[str, str]:
        """The attributes."""
        return self.attributes

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return an attribute's value."""
        return self.attributes.get(name, default)

    def __iter__(self) -> "Iterator[XmlNode]":
        return iter(self.children)

    def ancestors(self) -> "Iterator[XmlNode]":
        """Yield the elements around this one, the nearest first."""
        above = self.parent
        while above is not None:
            yield above
            above = above.parent

    def everything(self) -> "Iterator[XmlNode]":
        """Yield the element and everything inside it, in the order of the file."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))


_NAMESPACES = {
    "http://www.w3.org/2000/svg": "",
    "http://www.w3.org/1999/xlink": "xlink:",
    "http://www.w3.org/XML/1998/namespace": "xml:",
    "http://www.inkscape.org/namespaces/inkscape": "inkscape:",
    "http://ns.adobe.com/AdobeIllustrator/10.0/": "i:",
    "http://ns.adobe.com/Extensibility/1.0/": "x:",
}


def parse_xml(data: bytes | str) -> XmlNode:
    """Return the root of `data`; it may be gzipped, and text is read unchanged.

    Raises SvgReadError for malformed XML, external or nested entities, and nesting beyond 256 levels.
    """
    return _TreeBuilder().build(_unzipped(data) if isinstance(data, bytes) else data)


def _unzipped(data: bytes) -> bytes:
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            most = max(_SURELY_HARMLESS_BYTES, min(_LARGEST_BYTES, _LARGEST_RATIO * len(data)))
            plain = stream.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SvgReadError(f"a gzipped SVG that cannot be unpacked: {error}") from error
    if len(plain) > most:
        raise SvgReadError(f"a gzipped SVG that unpacks to more than {most >> 20} MB is refused")
    return plain


class _TreeBuilder:
    def __init__(self) -> None:
        self.root: XmlNode | None = None
        self.open: list[XmlNode] = []
        self.texts: list[str] = []
        self._elements = 0
        self._in_text = 0
        self._names: dict[str, str] = {}
        self._outside: dict[str, str] = {}
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.texts.append
        parser.EntityDeclHandler = self._entity
        parser.ProcessingInstructionHandler = self._instruction
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self._parser = parser

    def build(self, data: bytes | str) -> XmlNode:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            raise SvgReadError(f"not well-formed XML: {error}") from error
        except SvgReadError:
            raise
        except (LookupError, ValueError) as error:
            raise SvgReadError(f"an encoding that cannot be read: {error}") from error
        finally:
            # The handlers are bound methods: a cycle that would keep the tree alive.
            self._parser = None  # type: ignore[assignment]
        assert self.root is not None  # expat refuses a text without an element
        return self.root

    def _name(self, name: str) -> str:
        """Return a qualified name with a known prefix, or the name space in braces."""
        space, _, local = name.rpartition(" ")
        short = _NAMESPACES[space] + local if space in _NAMESPACES else f"{{{space}}}{local}"
        self._names[name] = short if space else local
        return self._names[name]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        for key in attributes:
            if " " in key:
                attributes = {self._names.get(k) or self._name(k): v for k, v in attributes.items()}
                break
        node = XmlNode(self._names.get(name) or self._name(name), attributes)
        if self.open:
            if self._in_text:
                self._keep_text()
            node.parent = self.open[-1]
            self.open[-1].children.append(node)
        else:
            self.root = node
            node.attributes |= self._outside
        self._elements += 1
        if self._elements > _MOST_ELEMENTS:
            raise SvgReadError(
                f"more than {_MOST_ELEMENTS:,} elements are refused; join them to longer paths"
            )
        if len(self.open) >= _DEEPEST:
            raise SvgReadError(f"elements nested more than {_DEEPEST} deep are refused")
        self.open.append(node)
        self.texts.clear()
        self._in_text += node.tag == "text"

    def end(self, _name: str) -> None:
        if self._in_text:
            self._keep_text()
        node = self.open.pop()
        self._in_text -= node.tag == "text"
        if self.texts:
            text = "".join(self.texts).strip()
            self.texts.clear()
            node.text = text
            # The metadata's text may be in its child elements.
            if text and self.open and self.open[-1].tag == "metadata":
                self.open[-1].text = text

    def _instruction(self, target: str, data: str) -> None:
        if target == "xml-stylesheet":
            self._outside = {STYLE_SHEET: data}

    def _keep_text(self) -> None:
        if self.texts:
            inside = self.open[-1]
            inside.children.append(XmlNode("#text", {}, text="".join(self.texts), parent=inside))
            self.texts.clear()

    def _entity(self, name: str, is_parameter: bool, value: str | None, *_: object) -> None:
        if value is None or is_parameter:  # an external one has a place instead of a value
            raise SvgReadError(f"the external or parameter entity {name!r} is refused")
        # Expat limits how much plain entities may multiply the text.
        if "&" in value or "<" in value:
            raise SvgReadError(f"the entity {name!r} holds other entities or markup; it is refused")


_OPENING, _CLOSING = b'<polyline points="', b'" />\n'
_ROW = re.compile(rb'(?:<polyline points="[^"]++" />\n)++')
_LEAST_BYTES = 50_000
"""The least size of a row that is worth it."""

_BLOCK_BYTES = 100_000
"""Bytes: their numbers, and the arrays in between, stay in the cache."""

_PLAIN = frozenset(
    ("metadata", "g", "polyline", "polygon", "path", "line", "rect", "circle", "ellipse")
)


def tree_with_runs(data: bytes) -> XmlNode | None:
    """Return the root element of a file with its long rows taken out; None if that is impossible."""
    if _OPENING not in data:  # a fast check; the pattern takes a tenth of the whole time
        return None
    runs = {}
    kept, end = [], 0
    for row in _ROW.finditer(data):
        lines = _lines(data, *row.span()) if row.end() - row.start() >= _LEAST_BYTES else None
        if lines is not None:
            name = secrets.token_hex(16)
            runs[name] = lines
            kept += [data[end : row.start()], _OPENING, name.encode(), _CLOSING]
            end = row.end()
    if not runs:
        return None
    rest = b"".join([*kept, data[end:]])
    if b"<!" in rest:
        return None
    root = parse_xml(rest)
    for node in root.everything():
        if node.tag not in _PLAIN and node is not root:
            return None
        node.lines = runs.get(node.attributes.get("points", ""))
    return root


def _lines(data: bytes, begin: int, end: int) -> Lines | None:
    """Return the lines of a row; None unless each is `x,y x,y`, with at least two points."""
    row = np.frombuffer(data, np.uint8, end - begin, begin)
    points = np.empty((np.count_nonzero(row == ord(",")), 2))
    last, filled = [np.array([-1])], 0
    while begin < end:
        cut = data.rfind(_CLOSING, begin, min(begin + _BLOCK_BYTES, end))
        cut = (data.index(_CLOSING, begin) if cut < 0 else cut) + len(_CLOSING)
        text = data[begin:cut].replace(_OPENING, b"").replace(_CLOSING, b"\n")
        pairs = parse_pairs(text)
        if pairs is None:
            return None
        points[filled : filled + len(pairs[0])] = pairs[0]
        last.append(pairs[1] + filled)
        begin, filled = cut, filled + len(pairs[0])
    offsets = np.concatenate(last) + 1
    return Lines(points, offsets) if (np.diff(offsets) > 1).all() else None
