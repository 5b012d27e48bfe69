"""G-code files for plotters that are CNC machines at heart: GRBL, Marlin, FluidNC, LinuxCNC.

The machine's commands are in gcode_profile.py; `drawscape.machine` sends moves to a machine itself.
"""

import itertools
import re
from collections.abc import Iterator

import numpy as np
import orjson

from drawscape.drawing.document import Document, Layer, Outside
from drawscape.errors import PlotError
from drawscape.geometry.lines import Points
from drawscape.plot.gcode_profile import GcodeProfile
from drawscape.plot.pages import Reach, crop

# GRBL takes lines of 80 characters, and comments count.
_LONGEST_COMMENT = 50


def to_gcode(
    document: Document, *, profile: GcodeProfile | None = None, outside: Outside = "refuse"
) -> str:
    """Return the drawing as G-code, in absolute coordinates, pen up at the beginning and the end.

    Layers with a `%` name are not plotted; speed, height, delay, pause and passes are as the layers'
    names ask (see drawscape.drawing.document). `outside` is what happens to lines off the sheet or out of
    the machine's reach: 'refuse', 'crop' or 'keep' (perhaps with negative coordinates).
    Raises PlotError for lines outside that are refused.
    """
    profile = profile or GcodeProfile()
    reach = reach_of(document, profile)
    document, _ = crop(document.plotted(), reach, outside=outside)
    edges = _edges(reach, document.height_mm, profile)
    parts = [f"({document.width_mm:g} x {document.height_mm:g} mm)"]
    parts += ["G21", "G90"]
    if start := profile.command("start"):
        # GRBL with homing starts locked: it would refuse to lift the pen, and homing would drag it.
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
    """Return the lowest and the highest x and y, (2, 2), allowed in the file.

    They are rounded inwards to the file's decimals, so that no rounded coordinate is out of reach.
    """
    y = (height_mm - reach.y1, height_mm - reach.y0) if profile.flip_y else (reach.y0, reach.y1)
    corners = np.array([(reach.x0, y[0]), (reach.x1, y[1])])
    steps = corners * 10**profile.decimals
    inside = np.stack((np.ceil(steps[0] - 1e-6), np.floor(steps[1] + 1e-6)))
    return inside / 10**profile.decimals


def _strokes(layer: Layer, height_mm: float, profile: GcodeProfile, edges: Points) -> Iterator[str]:
    motion = layer.motion
    points = layer.lines.points
    y = height_mm - points[:, 1] if profile.flip_y else points[:, 1]
    exact = np.stack((points[:, 0], y), axis=1)
    places = np.round(exact, profile.decimals)
    # A point on the edge stays within reach, although rounding could move it out.
    inner = np.clip(places, *edges)
    places = np.where(np.abs(inner - exact) < 10.0**-profile.decimals, inner, places)
    places += 0.0  # no -0.0
    travel = "G0 X" if profile.travel_feed is None else "G1 X"
    travel_feed = "" if profile.travel_feed is None else f" F{profile.travel_feed:g}"
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
        yield travel + begin.replace(",", " Y") + travel_feed
        yield down
        if moves:
            # The feed stays until it is changed, so it is set again after each pen-down, which has its own.
            head, _, tail = moves.partition("\n")
            yield f"{head} F{profile.feed(motion):g}" + ("\n" + tail if tail else "")
        yield up
