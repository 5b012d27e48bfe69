"""Files for machines, run on interpreters that stop where a machine would."""

import re
from dataclasses import replace

import numpy as np
import pytest
from plot_support import segments
from plotter_support import GcodeMachine, MachineError, run_hpgl
from shapely import LineString, Point

from drawscape.drawing.document import Document, Layer
from drawscape.errors import PlotError
from drawscape.geometry.curves import circle
from drawscape.geometry.lines import Lines
from drawscape.plot import statistics
from drawscape.plot.export.gcode import PROFILES, GcodeProfile, read_profile, to_gcode
from drawscape.plot.export.hpgl import to_hpgl
from drawscape.plot.machine import machine_names, read_machine

PEN = {
    "servo": lambda row: {"M3 S90": True, "M3 S0": False}.get(row),
    "z-axis": lambda row: {"G1 Z0 F1000": True, "G0 Z5": False}.get(row),
    "marlin-servo": lambda row: {"M280 P0 S30": True, "M280 P0 S60": False}.get(row),
}


def page(*layers, width=210, height=297):
    return Document(width, height, tuple(Layer(n, "black", 0.3, lines) for n, lines in layers))


@pytest.fixture
def drawing():
    dots = Lines.of([[[5.0, 5]], [[7.0, 7], [7.0, 7]]])
    return page(("a", segments(30)), ("b", Lines.join((segments(9, seed=1), dots))))


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("units", ["mm", "in"])
def test_a_machine_draws_what_was_drawn_within_its_bounds_and_at_its_feed(drawing, name, units):
    profile = replace(PROFILES[name], units=units, decimals=4)
    z_axis_in_inches = name == "z-axis" and units == "in"
    heights = {"G1 Z0 F39.37008": True, "G0 Z0.19685": False}
    pen = heights.get if z_axis_in_inches else PEN[name]
    machine = GcodeMachine(pen, 210, 297).run(to_gcode(drawing, profile=profile))

    lines = [line for layer in drawing.layers for line in layer.lines]
    assert machine.lifts == len(lines) + 1
    assert len(machine.strokes) == len(lines)
    feeds = [stroke.feed for stroke in machine.strokes if len(stroke.points) > 1]
    assert feeds == pytest.approx([profile.draw_feed] * len(feeds), rel=1e-4)
    for stroke, line in zip(machine.strokes, lines, strict=True):
        assert np.array(stroke.points) == pytest.approx(
            np.c_[line[:, 0], 297 - line[:, 1]], abs=2e-3
        )


def test_the_interpreter_stops_at_what_a_machine_stops_at(drawing):
    good = to_gcode(drawing)
    pen = PEN["servo"]
    first = good.index("M3 S90")
    bad = {
        "error 22": good.replace(" F3000", ""),
        "pen is down": good.removesuffix("M3 S0\nG4 P0.15\nG0 X0 Y0\nM2\n") + "M2\n",
        "rapid move": good[:first] + good[first:].replace("M3 S0\n", "", 1),
        "before units": good.replace("G21\n", ""),
        "out of bounds": good.replace("G0 X", "G0 X9", 1),
    }
    for message, text in bad.items():
        with pytest.raises(MachineError, match=message):
            GcodeMachine(pen, 210, 297).run(text)


def test_a_layers_name_sets_feed_height_delay_and_passes():
    one = Lines.of([[[10, 10], [20, 20]], [[30, 30], [40, 30]]])
    document = page(("+S10+H80+D1500+P3 slow", one), ("%notes", one), ("!plain", one))
    for name, down, dwell in (
        ("servo", "M3 S36", "G4 P1.5"),
        ("z-axis", "G1 Z3 F1000", "G4 P1.5"),
        ("marlin-servo", "M280 P0 S48", "G4 P1500"),
    ):
        profile = PROFILES[name]
        text = to_gcode(document, profile=profile)
        usual = PEN[name]
        machine = GcodeMachine(lambda row, d=down, u=usual: True if row == d else u(row)).run(text)
        slow, plain = machine.strokes[:6], machine.strokes[6:]
        assert [len(slow), len(plain)] == [6, 2]
        assert {stroke.down for stroke in slow} == {down}
        assert {stroke.feed for stroke in slow} == {profile.top_feed / 10}
        assert {stroke.feed for stroke in plain} == {profile.draw_feed}
        assert dwell in text.split("(layer")[0]
        assert text.count("M0 (") == 1
        assert "notes" not in text


def test_rounding_beyond_the_edge_is_neither_ink_nor_a_negative_number():
    document = page(("a", Lines.of([[[-0.004, 10], [210.003, 297.002]]])))
    assert "-" not in to_gcode(document)


def test_a_tenth_of_a_millimetre_beyond_the_edge_is_ink():
    with pytest.raises(PlotError, match=r"leaves the sheet by 0\.10 mm"):
        to_gcode(page(("a", Lines.of([[[-0.1, 10], [20, 10]]]))))


def test_a_machine_smaller_than_the_sheet_limits_the_drawing_from_its_origin():
    document = page(("a", Lines.of([[[10, 10], [10, 290]]])))
    profile = replace(PROFILES["servo"], width_mm=100, height_mm=120)
    with pytest.raises(PlotError, match=r"the machine's reach by 167\.00 mm"):
        to_gcode(document, profile=profile)
    machine = GcodeMachine(PEN["servo"], 100, 120)
    machine.run(to_gcode(document, profile=profile, outside="crop"))
    assert machine.strokes[0].points == [(10, 120), (10, 7)]
    downward = replace(profile, flip_y=False)
    text = to_gcode(document, profile=downward, outside="crop")
    drawn = GcodeMachine(PEN["servo"], 100, 120).run(text).strokes[0].points
    assert drawn == [(10, 10), (10, 120)]


def test_a_profile_in_inches_never_takes_millimetres_for_inches(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('base = "z-axis"\nunits = "in"\n')
    text = to_gcode(page(("a", segments(3))), profile=read_profile(path))
    rows = [row for row in text.splitlines() if "Z" in row]
    assert set(rows) == {"G0 Z0.19685", "G1 Z0 F39.37008"}

    path.write_text('base = "z-axis"\nunits = "in"\npen_up = "G0 Z0.2"\n')
    with pytest.raises(PlotError, match="command_units"):
        read_profile(path)
    path.write_text('base = "z-axis"\nunits = "in"\ncommand_units = "in"\npen_up = "G0 Z0.2"\n')
    text = to_gcode(page(("+H90 a", segments(3))), profile=read_profile(path))
    rows = {row for row in text.splitlines() if "Z" in row}
    # 90 % of the base's range is 4 mm; its end is raised by 5 mm.
    assert rows == {"G0 Z0.2", "G1 Z0.15748 F39.37008", "G0 Z0.19685"}
    path.write_text('base = "z-axis"\ncommand_units = "in"\npen_up = "G0 Z0.2"\n')
    text = to_gcode(page(("a", segments(3))), profile=read_profile(path))
    assert {row for row in text.splitlines() if row.startswith("G0 Z")} >= {"G0 Z5.08"}


@pytest.mark.parametrize("command", ["G20", "G1 Z1\nG21 (back)"])
def test_commands_that_switch_units_are_refused(command):
    with pytest.raises(PlotError, match="units"):
        GcodeProfile(pen_up=command)


def test_lengths_of_unknown_units_are_refused_in_inches_and_dwells_are_no_lengths():
    with pytest.raises(PlotError, match="command_units"):
        GcodeProfile(units="in", pen_up="G0 Z5")
    for command in ("G4 P5", "M280 P0 S60", "G28 X Y", "G0 X0 Y0", "G0 Z1 (5 mm)"[5:]):
        assert GcodeProfile(units="in", end=command).command("end") == command


def test_arcs_draw_the_same_and_stay_within_their_tolerance():
    rings = [circle(105, 148, radius) for radius in (0.5, 3, 20, 90)]
    wave = np.c_[np.linspace(10, 200, 400), 148 + 60 * np.sin(np.linspace(0, 9, 400))]
    square = np.array([[10, 10], [30, 10], [30, 30], [10, 30], [10, 10.0]])
    lines = Lines.of([*rings, circle(105, 148, 40)[::-1], wave, square])
    profile = replace(PROFILES["servo"], arcs=True)
    for flipped in (True, False):
        text = to_gcode(page(("a", lines)), profile=replace(profile, flip_y=flipped))
        machine = GcodeMachine(PEN["servo"], 210, 297).run(text)
        for stroke, line in zip(machine.strokes, lines, strict=True):
            expected = np.c_[line[:, 0], 297 - line[:, 1]] if flipped else line
            assert _farthest(np.array(stroke.points), expected) < 0.031
            assert _farthest(expected, np.array(stroke.points)) < 0.031
            assert stroke.feed == 3000
        per_ring = text.split("M3 S90")[1].count("G2 ") + text.split("M3 S90")[1].count("G3 ")
        assert per_ring == 2
        assert not {"G2", "G3"} & set(GcodeMachine(PEN["servo"]).run(_last_stroke(text)).codes)
    assert "\nG2 " not in to_gcode(page(("a", lines)))


def test_passes_and_speed_hold_for_arcs_too():
    profile = replace(PROFILES["servo"], arcs=True)
    text = to_gcode(page(("+P3+S10 a", Lines.of(circle(100, 100, 30)))), profile=profile)
    machine = GcodeMachine(PEN["servo"], 210, 297).run(text)
    assert [stroke.feed for stroke in machine.strokes] == [1200] * 3
    assert machine.codes.count("G2") + machine.codes.count("G3") == 6


def test_a_layers_number_beyond_the_pens_of_a_plotter_is_not_its_pen():
    line = Lines.of([[[100, 100], [120, 120]]])
    document = page(("9 a", line), ("6 b", line), ("0 c", line))
    strokes = run_hpgl(to_hpgl(document), x=(0, 11040), y=(0, 7721))
    assert [stroke.pen for stroke in strokes] == [1, 6, 3]


def _last_stroke(text):
    """Return the program with the last stroke alone, the square."""
    rows = text.splitlines()
    last = max(k for k, row in enumerate(rows) if row == "M3 S90")
    return "\n".join(["G21", "G90", "M3 S0", *rows[last - 1 :]]) + "\n"


def _farthest(points, line):
    """The largest distance of any point from a polyline."""
    a, step = line[:-1, None], np.diff(line, axis=0)[:, None]
    square = np.maximum((step**2).sum(axis=2), 1e-300)
    along = np.clip(((points - a) * step).sum(axis=2) / square, 0, 1)
    return float(np.hypot(*(points - a - along[..., None] * step).T).min(axis=1).max())


def test_hpgl_draws_what_was_drawn_with_pens_speeds_and_passes():
    inner = segments(5)
    inner = inner.with_points(inner.points * 0.5 + [60, 60])
    document = page(("+S50 a", inner), ("4 b", inner), ("%no", inner), ("+P2 c", inner))
    strokes = run_hpgl(to_hpgl(document), x=(0, 11040), y=(0, 7721))
    assert [s.pen for s in strokes] == [1] * 5 + [4] * 5 + [3] * 10
    assert [s.speed for s in strokes] == [19] * 5 + [None] * 15
    # A4 upright lies across: x of the plotter is the page's y.
    mm = np.array([s.points for s in strokes[:5]]) * 0.02488
    page_y, page_x = mm[..., 0] + 10, mm[..., 1] + 4
    assert page_x == pytest.approx(inner.points.reshape(-1, 2, 2)[..., 0], abs=0.03)
    assert page_y == pytest.approx(inner.points.reshape(-1, 2, 2)[..., 1], abs=0.03)


def test_hpgl_refuses_what_the_pens_cannot_reach():
    with pytest.raises(PlotError, match=r"'a' leaves what the pens reach of a4 by 5\.00 mm"):
        to_hpgl(page(("a", Lines.of([[[50, 5], [60, 50]]]))))


@pytest.mark.parametrize("name", machine_names())
def test_each_machine_has_a_time_model_and_a_reach(name, drawing):
    machine = read_machine(name)
    seconds = statistics(drawing, plotter=machine.plotter)[-1].seconds
    ink_mm = drawing.lines.lengths_mm.sum()
    assert ink_mm / machine.plotter.top_speed < seconds < 3600
    reach = machine.reach(drawing)
    assert min(reach.x1 - reach.x0, reach.y1 - reach.y0) > 200
    if machine.profile is not None:
        text = to_gcode(drawing, profile=machine.profile, outside="crop")
        down = machine.profile.down(None).split("\n")[0]
        up = machine.profile.command("pen_up").split("\n")[0]
        interpreter = GcodeMachine({down: True, up: False}.get, machine.width_mm, machine.height_mm)
        assert len(interpreter.run(text).strokes) > 30


@pytest.mark.parametrize(
    ("profile", "before"),
    [
        (PROFILES["marlin-servo"], ["M280 P0 S60", "G4 P150", "G28 X Y"]),
        (GcodeProfile(start="$H"), ["$X", "M3 S0", "G4 P0.15", "$H"]),
    ],
)
def test_the_pen_is_lifted_before_the_machine_homes(profile, before):
    rows = to_gcode(page(("a", segments(1))), profile=profile).splitlines()
    assert rows[3 : 3 + len(before)] == before


@pytest.mark.parametrize(("decimals", "farthest"), [(None, 1.9685), (3, 1.968), (1, 1.9)])
def test_coordinates_in_inches_are_within_reach_after_rounding(decimals, farthest):
    profile = GcodeProfile(
        units="in", width_mm=50, height_mm=50, command_units="mm", decimals=decimals
    )
    line = Lines.of([[[0, 0], [50, 50]]])
    text = to_gcode(page(("a", line), width=50, height=50), profile=profile)
    assert max(float(word) for word in re.findall(r"[XY](-?[\d.]+)", text)) == farthest


def test_a_height_at_which_the_pen_is_up_is_refused():
    with pytest.raises(PlotError, match="100 % is pen up"):
        to_gcode(page(("+H100 a", segments(1))))


def test_no_line_is_longer_than_a_controller_takes():
    text = to_gcode(page(("x" * 500, segments(2)), ("y" * 500, segments(2))))
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("tolerance", [0.01, 0.03, 0.2])
def test_arcs_stray_from_the_polyline_by_the_tolerance_at_most(tolerance):
    profile = GcodeProfile(arcs=True, arc_tolerance_mm=tolerance)
    line = circle(100, 100, 30)
    text = to_gcode(page(("a", Lines.of(line))), profile=profile)
    drawn = GcodeMachine(PEN["servo"], 210, 297).run(text).strokes[0].points
    given = LineString([(x, 297 - y) for x, y in line])
    assert max(given.distance(Point(place)) for place in drawn) <= tolerance + 1e-6
