"""XML text as a light tree of nodes, read with guards against hostile files.

Entities are what makes XML dangerous: they fetch files, and they multiply. Illustrator's files
declare a handful for their name spaces, so short internal ones are allowed, and nothing else.
"""

import gzip
import io
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from drawscape.errors import SvgReadError

# Real drawings nest below twenty; a renderer's own recursion ends in the hundreds.
DEEPEST = 256
_LARGEST_BYTES = 1 << 30
_LONGEST_ENTITY = 200
_MOST_ENTITIES = 100


@dataclass(slots=True)
class Node:
    """An element: `tag` without SVG's name space, `attributes` as written, and its own `text`.

    Inside `<text>` the characters between elements are children with the tag `#text`.
    """

    tag: str
    attributes: dict[str, str]
    children: "list[Node]" = field(default_factory=list)
    text: str = ""
    parent: "Node | None" = field(default=None, repr=False, compare=False)


_NAMESPACES = {
    "http://www.w3.org/2000/svg": "",
    "http://www.w3.org/1999/xlink": "xlink:",
    "http://www.inkscape.org/namespaces/inkscape": "inkscape:",
    "http://ns.adobe.com/AdobeIllustrator/10.0/": "i:",
    "http://ns.adobe.com/Extensibility/1.0/": "x:",
}


def parse_xml(data: bytes | str | Path) -> Node:
    """Return the root of `data`; it may be gzipped, and text is read as it stands.

    A path's file is read in pieces, so that it never stands in memory as a whole.

    Raises SvgReadError for what is not well-formed, for external or nested entities, and for
    nesting beyond 256 levels.
    """
    if isinstance(data, Path):
        with data.open("rb") as stream:
            if stream.read(2) != b"\x1f\x8b":
                stream.seek(0)
                return _TreeBuilder(None).build(stream)
        data = data.read_bytes()
    if isinstance(data, bytes) and data[:2] == b"\x1f\x8b":
        data = _unzipped(data)
    encoding = None
    if isinstance(data, str):
        data, encoding = data.encode("utf-8", "surrogatepass"), "utf-8"
    return _TreeBuilder(encoding).build(io.BytesIO(data))


def _unzipped(data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            plain = stream.read(_LARGEST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SvgReadError(f"a gzipped SVG that cannot be unpacked: {error}") from error
    if len(plain) > _LARGEST_BYTES:
        raise SvgReadError(f"a gzipped SVG of more than {_LARGEST_BYTES >> 20} MB is refused")
    return plain


class _TreeBuilder:
    def __init__(self, encoding: str | None) -> None:
        self._root: Node | None = None
        self._open: list[Node] = []
        self._texts: list[str] = []
        self._entities = 0
        self._in_text = 0
        self._names: dict[str, str] = {}
        parser = expat.ParserCreate(encoding, namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._texts.append
        parser.EntityDeclHandler = self._entity
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self._parser = parser

    def build(self, stream: BinaryIO) -> Node:
        try:
            self._parser.ParseFile(stream)
        except expat.ExpatError as error:
            raise SvgReadError(f"not well-formed XML: {error}") from error
        except (LookupError, UnicodeError) as error:
            raise SvgReadError(f"an encoding that cannot be read: {error}") from error
        finally:
            # The handlers are bound methods: a cycle that would keep the tree alive.
            self._parser = None  # type: ignore[assignment]
        if self._root is None:
            raise SvgReadError("an empty file; an <svg> element is needed")
        return self._root

    def _name(self, name: str) -> str:
        """Return a qualified name with a known prefix, or the name space in braces."""
        space, _, local = name.rpartition(" ")
        short = _NAMESPACES[space] + local if space in _NAMESPACES else f"{{{space}}}{local}"
        self._names[name] = short if space else local
        return self._names[name]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        for key in attributes:
            if " " in key:
                attributes = {self._names.get(k) or self._name(k): v for k, v in attributes.items()}
                break
        node = Node(self._names.get(name) or self._name(name), attributes)
        if self._open:
            if self._in_text:
                self._keep_text()
            node.parent = self._open[-1]
            self._open[-1].children.append(node)
        else:
            self._root = node
        if len(self._open) >= DEEPEST:
            raise SvgReadError(f"elements nested more than {DEEPEST} deep are refused")
        self._open.append(node)
        self._texts.clear()
        self._in_text += node.tag == "text"

    def _end(self, name: str) -> None:
        if self._in_text:
            self._keep_text()
        node = self._open.pop()
        self._in_text -= node.tag == "text"
        if self._texts:
            text = "".join(self._texts).strip()
            self._texts.clear()
            node.text = text
            # The metadata's text may stand in elements of its own.
            if text and self._open and self._open[-1].tag == "metadata":
                self._open[-1].text = text

    def _keep_text(self) -> None:
        if self._texts:
            inside = self._open[-1]
            inside.children.append(Node("#text", {}, text="".join(self._texts), parent=inside))
            self._texts.clear()

    def _entity(
        self,
        name: str,
        is_parameter: bool,
        value: str | None,
        base: str | None,
        system_id: str | None,
        public_id: str | None,
        notation: str | None,
    ) -> None:
        del base, public_id, notation
        self._entities += 1
        if value is None or system_id is not None:
            raise SvgReadError(f"the external entity {name!r} is refused")
        if is_parameter or "&" in value or "<" in value or "%" in value:
            raise SvgReadError(f"the entity {name!r} holds markup or other entities; it is refused")
        if len(value) > _LONGEST_ENTITY or self._entities > _MOST_ENTITIES:
            raise SvgReadError(
                f"the entity {name!r} is refused: at most {_MOST_ENTITIES} entities "
                f"of {_LONGEST_ENTITY} characters"
            )
