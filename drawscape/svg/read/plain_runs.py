"""Long rows of polylines, lifted out of a file before its XML is parsed.

A file of ours is a few groups of `<polyline points="1.5,2 3,4" />`, a line each, and most of the time that
reading one takes would go into taking those apart. Here a whole row is read at once, and the parser is handed
one element in its place, whose `points` are a PlainRun. All else, from groups to styles, is read as ever.
Where a single element could matter (style sheets, `<use>`, markers, comments) nothing is lifted out.
"""

import re
import secrets

import numpy as np

from drawscape.drawing.path.numbers import parse_pairs
from drawscape.geometry.lines import Lines
from drawscape.svg.read.xml_tree import Node, parse_xml

_OPENING, _CLOSING = b'<polyline points="', b'" />\n'
_ROW = re.compile(rb'(?:<polyline points="[-0-9., ]++" />\n)++')
_LEAST_BYTES = 50_000
"""Of a row; for less it is not worth it."""

_AT_ONCE = 100_000
"""Bytes: their numbers, and the arrays in between, stay in the cache."""

_PLAIN = frozenset(
    ("metadata", "g", "polyline", "polygon", "path", "line", "rect", "circle", "ellipse")
)
_UNLIKE_OURS = (b"<!", b"marker")


class PlainRun(str):
    """The `points` of many polylines at once; `lines` has them, in the file's units."""

    __slots__ = ("lines",)
    lines: Lines


def tree_with_runs(data: bytes) -> Node | None:
    """Return the root element of a file with its long rows lifted out; None where that cannot be done."""
    runs: dict[str, PlainRun] = {}
    kept, end = [], 0
    for row in _ROW.finditer(data):
        lines = _lines(data, *row.span()) if row.end() - row.start() >= _LEAST_BYTES else None
        if lines is not None:
            run = PlainRun(secrets.token_hex(16))
            run.lines = lines
            runs[run] = run
            kept += [data[end : row.start()], _OPENING, run.encode(), _CLOSING]
            end = row.end()
    if not runs:
        return None
    rest = b"".join([*kept, data[end:]])
    if any(mark in rest for mark in _UNLIKE_OURS):
        return None
    root = parse_xml(rest)
    return root if _put_back(root, runs) else None


def _put_back(root: Node, runs: dict[str, PlainRun]) -> bool:
    """Hand the runs to their elements; return whether all is as in a file of ours."""
    waiting = list(root.children)
    while waiting:
        node = waiting.pop()
        if node.tag not in _PLAIN:
            return False
        run = runs.get(node.attributes.get("points", ""))
        if run is not None:
            node.attributes["points"] = run
        waiting.extend(node.children)
    return True


def _lines(data: bytes, begin: int, end: int) -> Lines | None:
    """Return the lines of a row; None unless each is `x,y x,y`, of two points at least."""
    points = np.empty((data.count(b",", begin, end), 2))
    last, filled = [np.array([-1])], 0
    while begin < end:
        cut = data.rfind(_CLOSING, begin, min(begin + _AT_ONCE, end))
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
