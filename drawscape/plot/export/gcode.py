"""G-code for plotters that are CNC machines at heart: GRBL, Marlin, FluidNC, LinuxCNC."""

import itertools
import re
from collections.abc import Iterator

import numpy as np
import orjson

from drawscape.drawing.document import Document, Layer
from drawscape.drawing.paper import Outside
from drawscape.drawing.units import INCH
from drawscape.geometry.lines import Points
from drawscape.plot.bounds import Reach, confine
from drawscape.plot.export.arcs import Arc, arcs_and_points
from drawscape.plot.export.profile import GcodeProfile


def to_gcode(
    document: Document, *, profile: GcodeProfile | None = None, outside: Outside = "refuse"
) -> str:
    """Return the drawing as G-code, in absolute coordinates, pen up at the beginning and the end.

    Layers with a `%` name are not plotted; speed, height, delay, pause and passes are as the layers'
    names ask (see drawscape.drawing.motion). `outside` is what becomes of lines beyond the sheet or
    the machine's reach: 'refuse', 'crop' or, with negative coordinates if need be, 'keep'.
    Raises PlotError for lines outside that are refused.
    """
    profile = profile or GcodeProfile()
    reach = reach_of(document, profile)
    document, _ = confine(document, reach, outside=outside)
    edges = None if outside == "keep" else _edges(reach, document.height_mm, profile)
    parts = [f"({document.width_mm:g} x {document.height_mm:g} mm)"]
    parts += ["G21" if profile.units == "mm" else "G20", "G90"]
    parts += [profile.command("start"), profile.command("pen_up")]
    plotted = [layer for layer in document.layers if layer.motion.plotted]
    for number, layer in enumerate(plotted):
        parts += _before(layer, profile, first=number == 0)
        parts.append(f"(layer {_comment(layer.name)})")
        for _ in range(layer.motion.passes):
            parts += _strokes(layer, document.height_mm, profile, edges)
    parts += [profile.command("end"), "M2"]
    return "\n".join(part for part in parts if part) + "\n"


def reach_of(document: Document, profile: GcodeProfile) -> Reach:
    """Return what the machine can reach of the sheet, whose corner lies at its origin."""
    page = Reach.of_page(document)
    width = profile.width_mm or document.width_mm
    height = profile.height_mm or document.height_mm
    y0 = document.height_mm - height if profile.flip_y else 0.0
    machine = Reach(0.0, y0, width, y0 + height, "the machine's reach")
    return page if profile.width_mm is profile.height_mm is None else page.within(machine)


def _before(layer: Layer, profile: GcodeProfile, *, first: bool) -> Iterator[str]:
    """Yield what comes before a layer: the change of pens, a pause, a delay."""
    values = {"name": _comment(layer.name), "color": _comment(layer.color)}
    if not first:
        yield profile.command("layer_change", **values)
    elif layer.motion.pause:
        yield profile.command("pause", **values)
    if layer.motion.delay_ms:
        delay = layer.motion.delay_ms
        yield profile.command("dwell", s=f"{delay / 1000:g}", ms=str(delay))


def _comment(text: str) -> str:
    """Return text that cannot end a comment or a line: a layer's name must not become a command."""
    return re.sub(r"[^ -~]|[()]", "_", text)


def _edges(reach: Reach, height_mm: float, profile: GcodeProfile) -> Points:
    """Return the lowest and the highest x and y, (2, 2), that the file may have, in its units."""
    y = (height_mm - reach.y1, height_mm - reach.y0) if profile.flip_y else (reach.y0, reach.y1)
    corners = np.array([(reach.x0, y[0]), (reach.x1, y[1])])
    return corners / (1.0 if profile.units == "mm" else INCH)


def _strokes(
    layer: Layer, height_mm: float, profile: GcodeProfile, edges: Points | None
) -> Iterator[str]:
    unit = 1.0 if profile.units == "mm" else INCH
    motion = layer.motion
    feed = profile.draw_feed if motion.speed is None else profile.top_feed * motion.speed / 100
    points = layer.lines.points
    y = height_mm - points[:, 1] if profile.flip_y else points[:, 1]
    # Plus zero: no -0.0.
    places = np.round(np.stack((points[:, 0], y), axis=1) / unit, profile.decimals) + 0.0
    travel = "G0 X" if profile.travel_feed is None else "G1 X"
    travel_feed = "" if profile.travel_feed is None else f" F{profile.travel_feed / unit:g}"
    down, up = profile.down(motion.height), profile.command("pen_up")
    tolerance = profile.arc_tolerance_mm / unit if profile.arcs else None
    for first, last in itertools.pairwise(layer.lines.offsets.tolist()):
        if first == last:
            continue
        line = places[first:last]
        begin, moves = (
            _moves(line) if tolerance is None else _moves_with_arcs(line, tolerance, profile, edges)
        )
        yield travel + begin + travel_feed
        yield down
        if moves:
            # The feed holds until it is changed: it is set again after each pen-down, which has its own.
            head, _, tail = moves.partition("\n")
            yield f"{head} F{feed / unit:g}" + ("\n" + tail if tail else "")
        yield up


def _moves(line: Points) -> tuple[str, str]:
    """Return `x Yy` of the first point, and a G1 for each of the others."""
    text = orjson.dumps(line, option=orjson.OPT_SERIALIZE_NUMPY)[2:-2].decode()
    begin, _, rest = text.partition("],[")
    moves = "G1 X" + rest.replace(",", " Y").replace("] Y[", "\nG1 X") if rest else ""
    return begin.replace(",", " Y"), moves


def _moves_with_arcs(
    line: Points, tolerance: float, profile: GcodeProfile, edges: Points | None
) -> tuple[str, str]:
    digits = profile.decimals
    rows, here = [], line[0]
    for move in arcs_and_points(line, tolerance, edges):
        last = move.last if isinstance(move, Arc) else move
        x, y = line[last].tolist()
        if isinstance(move, Arc):
            # From the positive x axis towards the positive y axis is G3.
            code = "G3" if move.turn > 0 else "G2"
            i, j = (round(value, digits) + 0.0 for value in (move.cx - here[0], move.cy - here[1]))
            rows.append(f"{code} X{x} Y{y} I{i:.{digits}f} J{j:.{digits}f}")
        else:
            rows.append(f"G1 X{x} Y{y}")
        here = line[last]
    x, y = line[0].tolist()
    return f"{x} Y{y}", "\n".join(rows)
