"""Every machine that is known, with every turn of its file: nothing leaves the sheet, no unit is mixed."""

from dataclasses import replace

import numpy as np
import pytest
from plotter_support import GcodeMachine, run_hpgl

from drawscape.drawing.document import Document, Layer
from drawscape.errors import PlotError
from drawscape.geometry.curves import circle
from drawscape.geometry.lines import Lines
from drawscape.plot import fit, optimize, tiles
from drawscape.plot.export.gcode import to_gcode
from drawscape.plot.export.hpgl import devices, to_hpgl
from drawscape.plot.machine import machine_names, read_machine
from drawscape.plot.pages import crop

SPEAKING = [name for name in machine_names() if read_machine(name).profile is not None]
NAMES = ("1+S40 slow", "2+P2+H30 twice", "+D300 later")
HEIGHTS = (None, 30)


def crowded(seed, side=330.0):
    """A sheet of A4 whose lines and circles reach far over its edges, on three layers."""
    rng = np.random.default_rng(seed)
    layers = []
    for name in NAMES:
        rings = [circle(*rng.uniform(-20, side, 2).tolist(), rng.uniform(5, 60)) for _ in range(6)]
        walks = [
            np.cumsum(rng.normal(0, 25, (8, 2)), axis=0) + rng.uniform(0, 250, 2) for _ in range(6)
        ]
        layers.append(Layer(name, "black", 0.3, Lines.of([*rings, *walks])))
    return Document(210, 297, tuple(layers))


def pen_of(profile):
    """Return from a row where the pen is, by the rows that the profile has for it."""
    rows = dict.fromkeys((profile.down(height).split("\n")[0] for height in HEIGHTS), True)
    rows[profile.command("pen_up").split("\n")[0]] = False
    return rows.get


def sheets(document, turn):
    match turn:
        case "as it is":
            return [document]
        case "smaller":
            return [fit(document, 105, 148, margin_mm=0)]
        case _:
            return [tile.document for tile in tiles(document, 105, 148, overlap_mm=8, margin_mm=4)]


@pytest.mark.parametrize("turn", ["as it is", "smaller", "in tiles"])
@pytest.mark.parametrize("arcs", [False, True])
@pytest.mark.parametrize("units", ["mm", "in"])
@pytest.mark.parametrize("name", SPEAKING)
def test_gcode_stays_on_the_sheet_in_its_unit(name, units, arcs, turn):
    machine = read_machine(name)
    assert machine.profile is not None
    profile = replace(
        machine.profile,
        units=units,
        command_units=machine.profile.command_units or machine.profile.units,
        arcs=arcs,
    )
    for sheet in sheets(crowded(len(name)), turn):
        part = optimize(crop(sheet, machine.reach(sheet), outside="crop")[0])
        text = to_gcode(part, profile=profile, outside="refuse")
        assert ("G20" if units == "in" else "G21") in text
        assert ("G21" if units == "in" else "G20") not in text
        width = min(machine.width_mm, part.width_mm)
        ran = GcodeMachine(pen_of(profile), width, part.height_mm).run(text)
        wanted = sum(len(layer.lines) * layer.motion.passes for layer in part.layers)
        assert len(ran.strokes) == wanted
        fastest = max(stroke.feed or 0 for stroke in ran.strokes)
        assert fastest <= profile.top_feed * 1.001
        low = 0.2 * min(profile.draw_feed, profile.top_feed)
        assert min(stroke.feed for stroke in ran.strokes if stroke.feed) >= low
        inked = sum(layer.lines.lengths_mm.sum() * layer.motion.passes for layer in part.layers)
        drawn = sum(float(np.hypot(*np.diff(s.points, axis=0).T).sum()) for s in ran.strokes)
        assert drawn == pytest.approx(inked, rel=3e-3)


@pytest.mark.parametrize("name", SPEAKING)
def test_gcode_refuses_or_keeps_what_leaves_the_sheet_as_asked(name):
    profile = read_machine(name).profile
    with pytest.raises(PlotError):
        to_gcode(crowded(1), profile=profile, outside="refuse")
    assert "X-" in to_gcode(crowded(1), profile=profile, outside="keep")


@pytest.mark.parametrize("device", list(devices()))
def test_hpgl_stays_in_the_limits_of_its_paper(device):
    for paper in devices()[device].papers:
        sheet = replace(crowded(3), width_mm=paper.size_mm[0], height_mm=paper.size_mm[1])
        text = to_hpgl(sheet, device=device, outside="crop")
        # The pen's own park is outside of some papers' limits: it is up there.
        body = text[: text.rindex("PU")]
        assert run_hpgl(body + "PU;SP0;IN;\n", x=paper.x, y=paper.y)
