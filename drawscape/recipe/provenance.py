"""What a drawing came from: written into the SVG, enough to draw it again."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from pathlib import PurePath
from typing import Any

import numpy as np

from drawscape import __version__
from drawscape.errors import ProvenanceError

_METADATA = re.compile(r'<metadata\b[^>]*?\bid="drawscape"[^>]*>(.*?)</metadata>', re.DOTALL)

_KINDS: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": (int, float),
    "bool": bool,
    "dict": Mapping,
    "list": list,
}
_ALWAYS = ("sketch", "seed", "width", "height", "margin", "parameters", "version", "code")
"""The fields of every file; those of version 0.2 have no others."""


@dataclass(frozen=True)
class Provenance:
    """Sketch, parameters, seed, page and code of one drawing; no date, so that bytes repeat.

    `width`, `height` and `margin` are in mm. `version` is that of Drawscape, `code` the digest of the
    sketch's code, `versions` holds numpy's. `recipe` is the address of the drawing: the same for the same
    drawing. `reads` are digests of files that were read, `request` the address without them. `source` holds
    the source of a sketch that is not the library's, `parents` the recipes of drawings that it was bred from.
    `streams` are the seeds of named streams that have one of their own, `traits` what the sketch says of it.
    `ordered` says that the file's lines were
    merged and put in order. `derived_from` is the recipe of the drawing that an export was made of. `body` is
    the digest of all of the file but its metadata; an edited file has another.
    Files of version 0.2 have nothing after `code`, those of 0.3 no `body`; `volatile` is of 0.3 alone.
    """

    sketch: str
    seed: int
    width: float
    height: float
    margin: float
    parameters: dict[str, Any] = field(default_factory=dict)
    version: str = __version__
    code: str = ""
    recipe: str = ""
    request: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    reads: dict[str, str] = field(default_factory=dict)
    volatile: list[str] = field(default_factory=list)
    source: str = ""
    parents: list[str] = field(default_factory=list)
    streams: dict[str, int] = field(default_factory=dict)
    traits: dict[str, Any] = field(default_factory=dict)
    ordered: bool = False
    derived_from: str = ""
    body: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON; what is empty and not of every drawing is left out."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if value or name in _ALWAYS}

    @classmethod
    def of(cls, values: object) -> "Provenance":
        """Return what `values`, an object read from JSON, hold; keys that are not known are left out.

        Raises ProvenanceError when something is missing or of the wrong kind.
        """
        if not isinstance(values, Mapping):
            raise ProvenanceError(f"the drawing's metadata is {values!r}, not an object")
        given = {one.name: one for one in fields(cls) if one.name in values or one.name in _ALWAYS}
        for name, one in given.items():
            value, kind = values.get(name), getattr(one.type, "__name__", str(one.type))
            if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "bool"):
                raise ProvenanceError(f"the drawing's metadata has {name}: {value!r}")
        return cls(**{name: values[name] for name in given})

    @property
    def address(self) -> str:
        """The recipe; for a file of version 0.2, which has none, an address made of what it says.

        A file with its lines in order is another drawing than that with the lines as they were drawn.
        """
        if self.ordered:
            return address_of({"recipe": self.recipe, "ordered": True})
        return self.recipe or address_of({**self.as_dict(), "version": ""})


def address_of(values: Mapping[str, Any]) -> str:
    """Return 24 hexadecimal digits for JSON-like `values`: the same for the same, on any machine."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def read_provenance(svg_text: str) -> Provenance:
    """Return what the metadata of an SVG file says about its making.

    Raises ProvenanceError when the file says nothing, or nothing that can be read.

    >>> text = draw("spiral", 100, 100, seed=7).to_string()
    >>> read_provenance(text).sketch, read_provenance(text).seed
    ('spiral', 7)
    """
    import html

    found = _METADATA.search(svg_text)
    if found is None:
        raise ProvenanceError(
            "the file does not say how it was drawn; only what Drawscape drew can be redrawn"
        )
    try:
        values = json.loads(html.unescape(found.group(1)))
    except (ValueError, RecursionError) as error:
        raise ProvenanceError(f"the drawing's metadata is damaged: {error}") from None
    return Provenance.of(values)


def plain(value: Any) -> Any:
    """Return `value` as JSON can hold it: numpy's numbers and arrays, names of enums, text of paths."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, PurePath) else repr(value)
