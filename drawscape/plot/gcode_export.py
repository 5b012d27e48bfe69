"""G-code files for plotters that are CNC machines at heart: GRBL, Marlin, FluidNC, LinuxCNC.

The machine's commands are in gcode_profile.py; `drawscape.machine` sends moves to a machine itself.
"""

import itertools
import math
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import orjson

from drawscape.drawing.document import Document, Layer, Outside
from drawscape.errors import PlotError
from drawscape.geometry.lines import Ints, Points
from drawscape.plot.gcode_profile import GcodeProfile
from drawscape.plot.merge import Plane, as_plane
from drawscape.plot.pages import Reach, crop

# GRBL takes lines of 80 characters, and comments count.
_LONGEST_COMMENT = 50


def to_gcode(
    document: Document, *, profile: GcodeProfile | None = None, outside: Outside = "refuse"
) -> str:
    """Return the drawing as G-code, in absolute coordinates, pen up at the beginning and the end.

    Layers with a `%` name are not plotted; speed, height, delay, pause and passes are as the layers'
    names ask (see drawscape.drawing.document). `outside` is what becomes of lines beyond the sheet or
    the machine's reach: 'refuse', 'crop' or, with negative coordinates if need be, 'keep'.
    Raises PlotError for lines outside that are refused.
    """
    profile = profile or GcodeProfile()
    reach = reach_of(document, profile)
    document, _ = crop(document.plotted(), reach, outside=outside)
    edges = _edges(reach, document.height_mm, profile)
    parts = [f"({document.width_mm:g} x {document.height_mm:g} mm)"]
    parts += ["G21" if profile.units == "mm" else "G20", "G90"]
    if start := profile.command("start"):
        # GRBL with homing wakes up locked, and would refuse to lift the pen, which homing would drag.
        parts += ["$X"] * ("$H" in start) + [profile.command("pen_up"), start]
    parts.append(profile.command("pen_up"))
    for number, layer in enumerate(document.layers):
        values = {"name": _comment(layer.name), "color": _comment(layer.color)}
        if number:
            parts.append(profile.command("layer_change", **values))
        elif layer.motion.pause:
            parts.append(profile.command("pause", **values))
        if delay := layer.motion.delay_ms:
            parts.append(profile.command("dwell", s=f"{delay / 1000:g}", ms=str(delay)))
        parts.append(f"(layer {values['name']})")
        for _ in range(layer.motion.passes):
            parts += _strokes(layer, document.height_mm, profile, edges)
    parts += [profile.command("end"), "M2"]
    return "\n".join(part for part in parts if part) + "\n"


def reach_of(document: Document, profile: GcodeProfile) -> Reach:
    """Return the part of the sheet within reach; the sheet's corner lies at the machine's origin."""
    page = Reach.of_page(document)
    width = profile.width_mm or document.width_mm
    height = profile.height_mm or document.height_mm
    y0 = document.height_mm - height if profile.flip_y else 0.0
    machine = Reach(0.0, y0, width, y0 + height, "the machine's reach")
    return page if profile.width_mm is profile.height_mm is None else page.within(machine)


def _comment(text: str) -> str:
    """Return text that cannot end a comment or a line: a layer's name must not become a command."""
    return re.sub(r"[^ -~]|[()]", "_", text[:_LONGEST_COMMENT])


def _edges(reach: Reach, height_mm: float, profile: GcodeProfile) -> Points:
    """Return the lowest and the highest x and y, (2, 2), that the file may have, in its units.

    They are rounded inwards to the file's decimals, so that no rounded coordinate is out of reach.
    """
    y = (height_mm - reach.y1, height_mm - reach.y0) if profile.flip_y else (reach.y0, reach.y1)
    corners = np.array([(reach.x0, y[0]), (reach.x1, y[1])])
    steps = corners / profile.unit_mm * 10**profile.digits
    inside = np.stack((np.ceil(steps[0] - 1e-6), np.floor(steps[1] + 1e-6)))
    return np.asarray(inside / 10**profile.digits)


def _strokes(layer: Layer, height_mm: float, profile: GcodeProfile, edges: Points) -> Iterator[str]:
    unit, motion, feed = profile.unit_mm, layer.motion, profile.feed(layer.motion)
    points = layer.lines.points
    y = height_mm - points[:, 1] if profile.flip_y else points[:, 1]
    exact = np.stack((points[:, 0], y), axis=1) / unit
    places = np.round(exact, profile.digits)
    # A point on the edge stays within reach, which rounding alone may leave.
    inner = np.clip(places, *edges)
    places = np.where(np.abs(inner - exact) < 10.0**-profile.digits, inner, places)
    places += 0.0  # no -0.0
    travel = "G0 X" if profile.travel_feed is None else "G1 X"
    travel_feed = "" if profile.travel_feed is None else f" F{profile.travel_feed / unit:g}"
    if motion.height == 100:
        raise PlotError(
            f"layer {layer.name!r}: a height of 100 % is pen up; give less, such as +H90"
        )
    down, up = profile.down(motion.height), profile.command("pen_up")
    for first, last in itertools.pairwise(layer.lines.offsets.tolist()):
        if first == last:
            continue
        line = places[first:last]
        text = orjson.dumps(line, option=orjson.OPT_SERIALIZE_NUMPY)[2:-2].decode()
        begin, _, rest = text.partition("],[")
        moves = "G1 X" + rest.replace(",", " Y").replace("] Y[", "\nG1 X") if rest else ""
        if profile.arcs:
            moves = "\n".join(row for row, _ in moves_of(line, profile, edges))
        yield travel + begin.replace(",", " Y") + travel_feed
        yield down
        if moves:
            # The feed holds until it is changed: it is set again after each pen-down, which has its own.
            head, _, tail = moves.partition("\n")
            yield f"{head} F{feed / unit:g}" + ("\n" + tail if tail else "")
        yield up


def moves_of(
    line: Points, profile: GcodeProfile, edges: Points | None = None
) -> Iterator[tuple[str, int]]:
    """Yield the moves along `line` (N, 2), in the profile's units, each with the point where it ends.

    An arc strays from the polyline by the profile's tolerance at most, and passes its first and last
    point. Near `edges`, the lowest and the highest x and y, (2, 2), there are none, for one might bulge
    over them.
    """
    points, here = as_plane(line), 0
    tolerance = profile.arc_tolerance_mm / profile.unit_mm
    # GRBL refuses a centre that is 0.005 mm nearer to one end: it has more decimals than the ends.
    digits = profile.digits + 2
    room = np.inf if edges is None else np.minimum(line - edges[0], edges[1] - line).min(axis=1)
    # How many points before each lie near an edge.
    stiff = np.append(0, np.cumsum(np.ones(len(line)) * room <= tolerance))
    while here < len(line) - 1:
        arc = _longest_arc(points, here, tolerance, stiff) if profile.arcs else None
        last = here + 1 if arc is None else arc.last
        x, y = line[last].tolist()
        row = f"G1 X{x} Y{y}"
        if arc is not None:
            way = arc.centre - points[here]
            i, j = (round(value, digits) + 0.0 for value in (way.real, way.imag))
            row = f"{arc.code} X{x} Y{y} I{i:.{digits}f} J{j:.{digits}f}"
        yield row, last
        here = last


# Three points lie on a circle anyway: fewer than five prove nothing.
_FEWEST_POINTS = 5
# A flatter arc is a straight line to any controller, and its centre off the machine by metres.
_LARGEST_RADIUS_MM = 2_000.0
# Controllers disagree on full circles; two of these make one.
_LARGEST_SWEEP = math.radians(200)


class Arc(NamedTuple):
    """From the point before to point `last` of a line around `centre`; G3 turns from x towards y."""

    last: int
    centre: complex
    code: Literal["G2", "G3"]


def _longest_arc(line: Plane, first: int, tolerance: float, stiff: Ints) -> Arc | None:
    """Return the longest arc from `first` on: looked for in steps that double, then by halves."""
    last = first + _FEWEST_POINTS - 1
    best = _arc(line, first, last, tolerance, stiff) if last < len(line) else None
    step = _FEWEST_POINTS
    while best is not None and step:
        last = min(best.last + step, len(line) - 1)
        wider = _arc(line, first, last, tolerance, stiff)
        if wider is not None and wider.last > best.last:
            best, step = wider, 2 * step
        else:
            step //= 2
    return best


def _arc(line: Plane, first: int, last: int, tolerance: float, stiff: Ints) -> Arc | None:
    """Return the arc through the first, the last and the middle point, None where it strays."""
    if stiff[last + 1] > stiff[first]:
        return None
    a, b, c = line.item(first), line.item((first + last) // 2), line.item(last)
    # The circle's centre, in units of the way from a to b.
    w = (c - a) / (b - a) if a != b else 0j
    if abs(w.imag) < 1e-12:
        return None
    centre = a + (b - a) * (w - abs(w) ** 2) / (2j * w.imag)
    away = line[first : last + 1] - centre
    radii = np.abs(away)
    radius = float(radii[0])
    stray = float(np.abs(radii - radius).max())
    if radius > _LARGEST_RADIUS_MM or stray > tolerance:
        return None
    turns = np.angle(away[1:] * away[:-1].conj())
    sweep, least, most = float(turns.sum()), float(np.min(turns)), float(np.max(turns))
    # The arc bulges out of each chord by its sagitta.
    bulge = radius * (1 - math.cos(max(-least, most) / 2))
    one_way = least * most > 0
    if not one_way or abs(sweep) > _LARGEST_SWEEP or stray + bulge > tolerance:
        return None
    return Arc(last, centre, "G3" if sweep > 0 else "G2")
