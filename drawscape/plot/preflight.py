"""Checks before a drawing is plotted: each finding has a place and a sentence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drawscape.drawing.document import Document, Layer, pen_name
from drawscape.drawing.values import check_number
from drawscape.errors import PlotError
from drawscape.geometry.clip import clip_to_rectangle
from drawscape.geometry.lines import Segments, resample
from drawscape.plot.known_machines import Machine
from drawscape.plot.merge import same_points
from drawscape.plot.pages import Reach, crop
from drawscape.plot.statistics import statistics

# Ink is measured in squares of this side, about the size of a wet spot. A wider pen wets more.
_SPOT_MM = 1.0
_STEP_MM = 0.25

# More ink than that wears paper through, or runs.
_MOST_COATS, _MOST_TIMES = 3, 2
_LONG_S = 2 * 3600
_MANY_LIFTS = 10_000
# Of the page's width plus height: less ink than a fiftieth of its outline is hardly visible.
_LEAST_INK = 0.04

MOST_PLACES = 200
"""Places that a finding names; more marks would hide the drawing."""


class Concern(Enum):
    """Why to check a place."""

    OUTSIDE = "outside"
    WET = "wet"
    DOT = "dot"
    REPEATED = "repeated"
    LONG = "long"
    EMPTY = "empty"
    DRY = "dry"


@dataclass(frozen=True)
class PreflightFinding:
    """A concern in a layer: how often it is found, and where (x, y in mm) it is worst or first.

    A concern of the whole drawing has no layer: its name is empty.

    `places_mm` are that place and others, (x, y) each, at most MOST_PLACES, the worst first.
    """

    concern: Concern
    layer: str
    count: int
    x_mm: float
    y_mm: float
    text: str
    places_mm: tuple[tuple[float, float], ...] = ()


def preflight(
    document: Document,
    *,
    margin_mm: float = 0.0,
    machine: Machine | None = None,
    metres_left: Mapping[str, float] | None = None,
    copies: int = 1,
) -> tuple[PreflightFinding, ...]:
    """Return what may go wrong on paper, layer by layer; nothing for a drawing that is fine.

    It finds lines that leave the sheet inside its margin, or the machine's reach, and strokes without
    length. It finds spots of a square millimetre (of a wider pen's own width) with more than three coats of
    ink, passes included. It finds strokes drawn more than twice, in either direction. It finds a drawing
    that takes more than two hours or lifts the pen more than 10,000 times, on `machine` or an AxiDraw. It
    finds a page with less ink than a fiftieth of its outline. It finds a layer whose pen has fewer
    `metres_left`, by its name, than all `copies` of the layers need.
    Raises PlotError when the margin leaves nothing of the sheet.

    >>> [finding.text for finding in preflight(document, margin_mm=20)]
    ["3 lines of 'red' leave the margin of 20 mm by up to 10.0 mm"]
    """
    check_number(may_be_0=True, margin_mm=margin_mm)
    if margin_mm >= min(document.width_mm, document.height_mm) / 2:
        raise PlotError(f"margin_mm={margin_mm!r} leaves nothing of the sheet")
    page = Reach.of_page(document)
    what = f"the margin of {margin_mm:g} mm" if margin_mm else page.what
    reach = inside = Reach(margin_mm, margin_mm, page.x1 - margin_mm, page.y1 - margin_mm, what)
    if machine is not None:
        within = inside.within(machine.reach(document))
        reach = replace(within, what=f"{inside.what} or {within.what}")
    found: list[PreflightFinding] = []
    for layer in document.layers:
        if layer.motion.plotted and len(layer.lines.points):
            found += _outside(layer, reach)
            found += _within(layer, page)
    found += _extent(document, machine)
    found += _dry(document.plotted(), dict(metres_left or {}), copies)
    return tuple(found)


def _dry(document: Document, left: dict[str, float], copies: int) -> Iterator[PreflightFinding]:
    for layer in document.layers:
        name = pen_name(layer.name)
        if name not in left or not len(layer.lines):
            continue
        has_m = max(left[name], 0.0)
        drawn_m = np.cumsum(layer.lines.lengths_mm) * layer.motion.passes / 1000
        needs_m = float(drawn_m[-1]) * copies
        left[name] -= needs_m
        if needs_m > has_m:
            first = min(int(np.searchsorted(drawn_m, has_m)), len(drawn_m) - 1)
            text = f"pen {name!r} has {has_m:.1f} m left; {layer.name!r} needs {needs_m:.1f} m"
            yield _finding(Concern.DRY, layer, 1, layer.lines.starts[[first]], text)


def _extent(document: Document, machine: Machine | None) -> Iterator[PreflightFinding]:
    """Yield a finding if the plot is very long, or if its page is nearly empty."""
    inside, _ = crop(document.plotted(), Reach.of_page(document))
    total = statistics(inside, plotter=machine.plotter if machine else None)[-1]
    found: tuple[Concern, str] | None = None
    if total.seconds > _LONG_S or total.lifts > _MANY_LIFTS:
        hours, minutes = divmod(round(total.seconds / 60), 60)
        text = f"the plot takes {hours} h {minutes} min and lifts the pen {total.lifts:,} times"
        found = Concern.LONG, text
    elif total.pen_down_mm < _LEAST_INK * (document.width_mm + document.height_mm):
        page = f"{document.width_mm:g} x {document.height_mm:g} mm"
        found = (
            Concern.EMPTY,
            f"the page of {page} is nearly empty: {total.pen_down_mm:.0f} mm of ink",
        )
    if found is not None:
        places = tuple((x, y) for x, y in inside.lines.starts[:1].tolist())
        x, y = places[0] if places else (document.width_mm / 2, document.height_mm / 2)
        yield PreflightFinding(found[0], "", total.lifts, x, y, found[1], places)


def _outside(layer: Layer, reach: Reach) -> Iterator[PreflightFinding]:
    points = layer.lines.points
    beyond = np.maximum((reach.x0, reach.y0) - points, points - (reach.x1, reach.y1)).max(axis=1)
    worst = _worst_first(beyond, 0)
    if len(worst):
        _, first = np.unique(layer.lines.ids[worst], return_index=True)
        out, places = len(first), points[worst[np.sort(first)]]
        verb = "leaves" if out == 1 else "leave"
        far = f"by up to {beyond[worst[0]]:.1f} mm"
        text = f"{_counted(out, 'line')} of {layer.name!r} {verb} {reach.what} {far}"
        yield _finding(Concern.OUTSIDE, layer, out, places, text)


def _within(layer: Layer, page: Reach) -> Iterator[PreflightFinding]:
    lines = clip_to_rectangle(layer.lines, page.x0, page.y0, page.x1, page.y1)
    if len(lines):
        inside = layer.with_lines(lines)
        yield from _wet(inside)
        if len(dots := np.flatnonzero(lines.lengths_mm == 0.0)):
            strokes = _counted(len(dots), "stroke")
            text = f"{strokes} of {layer.name!r} without length: each is a dot"
            yield _finding(Concern.DOT, layer, len(dots), lines.starts[dots], text)
        yield from _repeated(inside)


def _wet(layer: Layer) -> Iterator[PreflightFinding]:
    samples = resample(layer.lines.drawable(), _STEP_MM)
    width = layer.pen_mm
    side = max(_SPOT_MM, width)
    cells = np.floor(samples.points / side).astype(np.int64)
    spots, number = np.unique(cells, axis=0, return_inverse=True)
    ink_mm = np.bincount(number.reshape(-1), weights=samples.steps_mm)
    coats = ink_mm * width * layer.motion.passes / side**2
    worst = _worst_first(coats, _MOST_COATS)
    if len(worst):
        spot = "square millimetre" if side == _SPOT_MM else f"spot of {side:g} x {side:g} mm"
        text = (
            f"{_counted(len(worst), spot)} of {layer.name!r} get more than {_MOST_COATS} coats of ink, "
            f"up to {coats[worst[0]]:.1f}"
        )
        yield _finding(Concern.WET, layer, len(worst), (spots[worst] + 0.5) * side, text)


def _repeated(layer: Layer) -> Iterator[PreflightFinding]:
    segments = Segments.of(layer.lines)
    pieces = np.stack((segments.a, segments.b), axis=1)
    pieces = pieces[(pieces[:, 0] != pieces[:, 1]).any(axis=1)]
    if not len(pieces):
        return
    keys = np.sort(same_points(pieces.reshape(-1, 2))[1].reshape(-1, 2), axis=1)
    _, at, counts = np.unique(keys, axis=0, return_index=True, return_counts=True)
    times = counts * layer.motion.passes
    worst = _worst_first(times, _MOST_TIMES)
    if len(worst):
        text = (
            f"{_counted(len(worst), 'stroke')} of {layer.name!r} drawn more than {_MOST_TIMES} times, "
            f"up to {times[worst[0]]}"
        )
        places = pieces[at[worst]].mean(axis=1)
        yield _finding(Concern.REPEATED, layer, len(worst), places, text)


def _worst_first(values: NDArray[Any], most: float) -> NDArray[np.intp]:
    """Return the indices of the values above `most`, the largest first."""
    return np.argsort(-values, kind="stable")[: np.count_nonzero(values > most)]


def _finding(
    concern: Concern, layer: Layer, count: int, places: NDArray[np.floating], text: str
) -> PreflightFinding:
    named = tuple((float(x), float(y)) for x, y in places[:MOST_PLACES])
    return PreflightFinding(concern, layer.name, count, *named[0], text, named)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
