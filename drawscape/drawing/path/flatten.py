"""Segments as polylines: curves become as many straight pieces as a tolerance asks for."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from drawscape.drawing.path.commands import read_commands
from drawscape.drawing.path.segments import ARC, CLOSE, CUBIC, LINE, MOVE, Segments, resolve
from drawscape.errors import SvgReadError
from drawscape.geometry.arcs import Ellipses
from drawscape.geometry.curves import bezier_pieces, bezier_points
from drawscape.geometry.lines import Floats, Ints, Lines

# A gigabyte of coordinates; a million circles of a kilometre each would take thirty.
MOST_POINTS = 50_000_000
# Beyond this a curve is larger than any sheet; without a limit one attribute could fill the memory.
_MOST_PIECES = 4096


def flatten(
    segments: Segments, tolerance: Floats, *, most: int = MOST_POINTS
) -> tuple[Lines, Ints]:
    """Return the subpaths as lines, and the path (M,) that each belongs to.

    `tolerance` is one distance per path, in the path's units: the largest gap between a curve and
    its chords; more than `most` points are refused. A subpath of a single move is left out; `M1,1z`
    is a dot of two points.
    """
    if not len(segments.kinds):
        return Lines.empty(), np.empty(0, dtype=np.int64)
    moving = segments.kinds == MOVE
    begins = np.concatenate((np.zeros((1, 2)), segments.ends[:-1]))
    pieces = np.ones(len(segments.kinds), dtype=np.int64)
    closing = np.flatnonzero(segments.kinds == CLOSE)
    dots = segments.kinds[closing - 1] == MOVE
    pieces[closing] = (begins[closing] != segments.ends[closing]).any(axis=1) | dots
    points = segments.ends
    if len(segments.curves):
        pieces, points = _with_curves(segments, begins, pieces, tolerance[segments.paths], most)
    elif len(closing):
        points = points[pieces > 0]
    moves = np.flatnonzero(moving)
    along = np.concatenate(([0], np.cumsum(pieces)))
    offsets = np.append(along[moves], along[-1])
    paths = segments.paths[moves]
    short = np.diff(offsets) < 2
    lines = Lines(np.ascontiguousarray(points), offsets)
    return (lines.take(~short), paths[~short]) if short.any() else (lines, paths)


def _with_curves(
    segments: Segments, begins: Floats, pieces: Ints, tolerance: Floats, most: int
) -> tuple[Ints, Floats]:
    """Return how many points each segment gives, and all the points."""
    pieces = pieces.copy()
    cubics, arcs = (np.flatnonzero(segments.kinds == kind) for kind in (CUBIC, ARC))
    inner = segments.curves[cubics, :4].reshape(-1, 2, 2)
    controls = np.concatenate((begins[cubics, None], inner, segments.ends[cubics, None]), axis=1)
    pieces[cubics] = _whole(bezier_pieces(controls, tolerance[cubics]))
    ellipses = Ellipses.of(begins[arcs], segments.ends[arcs], segments.curves[arcs])
    pieces[arcs] = _whole(ellipses.pieces(tolerance[arcs]))
    last = np.cumsum(pieces)
    if last[-1] > most:
        raise SvgReadError(
            f"the curves make {last[-1]:,} points; the most are {most:,}: raise the tolerance"
        )
    points = np.empty((last[-1], 2))
    plain = np.isin(segments.kinds, (MOVE, LINE, CLOSE)) & (pieces > 0)
    points[last[plain] - 1] = segments.ends[plain]
    for which in (cubics, arcs):
        counts = pieces[which]
        row = np.repeat(np.arange(len(which)), counts)
        nth = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
        along = nth / counts[row]
        points[np.repeat(last[which] - counts, counts) + nth - 1] = (
            bezier_points(controls, counts, along) if which is cubics else ellipses.at(row, along)
        )
        points[last[which] - 1] = segments.ends[which]
    return pieces, points


def _whole(pieces: Floats) -> Ints:
    return np.ceil(np.minimum(pieces, _MOST_PIECES)).astype(np.int64)


def flatten_paths(paths: Sequence[str], tolerances: Sequence[float]) -> list[Lines]:
    """Return the lines of each of `paths`, path data, all of them read in one pass.

    `tolerances` are as in `flatten`. A path is drawn up to its first error.
    """
    if not paths:
        return []
    lines, owners = flatten(resolve(read_commands(paths)), np.array(tolerances))
    first = np.searchsorted(owners, np.arange(len(paths) + 1)).tolist()
    return [_slice(lines, *ends) for ends in pairwise(first)]


def _slice(lines: Lines, begin: int, end: int) -> Lines:
    offsets = lines.offsets[begin : end + 1]
    return Lines(lines.points[offsets[0] : offsets[-1]], offsets - offsets[0])
