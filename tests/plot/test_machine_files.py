"""G-code and HPGL, read by machines that forgive nothing."""

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from plot_support import GcodeMachine, page, run_hpgl, segments
from support import sampled

from drawscape.drawing.document import Document, Layer
from drawscape.errors import PlotError, UnknownNameError
from drawscape.geometry.curves import circle
from drawscape.geometry.lines import Lines
from drawscape.plot import fit, optimize, statistics, tiles
from drawscape.plot.gcode_export import to_gcode
from drawscape.plot.gcode_profile import PROFILES, GcodeProfile
from drawscape.plot.hpgl_export import devices, to_hpgl
from drawscape.plot.known_machines import machine_names, read_machine
from drawscape.plot.pages import crop

PEN = {
    "servo": lambda row: {"M3 S90": True, "M3 S0": False}.get(row),
    "z-axis": lambda row: {"G1 Z0 F1000": True, "G0 Z5": False}.get(row),
    "marlin-servo": lambda row: {"M280 P0 S30": True, "M280 P0 S60": False}.get(row),
}


@pytest.fixture
def drawing():
    dots = Lines.of([[[5.0, 5]], [[7.0, 7], [7.0, 7]]])
    return page(("a", segments(30)), ("b", Lines.join((segments(9, seed=1), dots))))


@pytest.mark.parametrize("name", PROFILES)
def test_a_machine_draws_what_was_drawn_within_its_bounds_and_at_its_feed(drawing, name):
    profile = replace(PROFILES[name], decimals=4)
    machine = GcodeMachine(PEN[name], 210, 297).run(to_gcode(drawing, profile=profile))

    lines = [line for layer in drawing.layers for line in layer.lines]
    assert machine.lifts == len(lines) + 1
    assert len(machine.strokes) == len(lines)
    feeds = [stroke.feed for stroke in machine.strokes if len(stroke.points) > 1]
    assert feeds == pytest.approx([profile.draw_feed] * len(feeds), rel=1e-4)
    for stroke, line in zip(machine.strokes, lines, strict=True):
        upward = np.c_[line[:, 0], 297 - line[:, 1]]
        assert np.array(stroke.points) == pytest.approx(upward, abs=2e-3)


def test_rounding_beyond_the_edge_is_neither_ink_nor_a_negative_number():
    document = page(Lines.of([[[-0.004, 10], [210.003, 297.002]]]))
    assert "-" not in to_gcode(document)


def test_a_machine_smaller_than_the_sheet_limits_the_drawing_from_its_origin():
    document = page(Lines.of([[[10, 10], [10, 290]]]))
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


def test_hpgl_draws_what_was_drawn_with_pens_speeds_and_passes():
    inner = segments(5)
    inner = inner.with_points(inner.points * 0.5 + [60, 60])
    # There are six pens: the numbers 9 and 0 are no pen's, and a free one draws.
    layers = ("+S50 a", "4 b", "%no", "+P2 c", "9 d", "0 e")
    document = page(*((name, inner) for name in layers))
    strokes = run_hpgl(to_hpgl(document), x=(0, 11040), y=(0, 7721))
    assert [s.pen for s in strokes] == [1] * 5 + [4] * 5 + [2] * 10 + [3] * 5 + [5] * 5
    assert [s.speed for s in strokes] == [19] * 5 + [None] * 25
    # A4 upright lies across: x of the plotter is the page's y.
    mm = np.array([s.points for s in strokes[:5]]) * 0.02488
    page_y, page_x = mm[..., 0] + 10, mm[..., 1] + 4
    assert page_x == pytest.approx(inner.points.reshape(-1, 2, 2)[..., 0], abs=0.03)
    assert page_y == pytest.approx(inner.points.reshape(-1, 2, 2)[..., 1], abs=0.03)


@pytest.mark.parametrize("name", machine_names())
def test_each_machine_has_a_time_model_and_a_reach(name, drawing):
    machine = read_machine(name)
    seconds = statistics(drawing, plotter=machine.plotter)[-1].seconds
    ink_mm = drawing.lines.lengths_mm.sum()
    assert ink_mm / machine.plotter.top_speed < seconds < 3600
    reach = machine.reach(drawing)
    assert min(reach.x1 - reach.x0, reach.y1 - reach.y0) > 190


@pytest.fixture
def own_machine(tmp_path):
    """Write the file of a machine and read it."""

    def read(profile, more="", width=150, height=200):
        (tmp_path / "own.toml").write_text(
            f'[own]\ntitle = "Own"\nwidth_mm = {width}\nheight_mm = {height}\nformat = "gcode"\n'
            f"[own.profile]\n{profile}\n{more}"
        )
        return read_machine(tmp_path / "own.toml")

    return read


@pytest.mark.parametrize(("flip_y", "low", "high"), [("true", 97, 297), ("false", 0, 200)])
def test_a_small_machine_reaches_the_side_where_its_origin_is(own_machine, flip_y, low, high):
    reach = own_machine(f"flip_y = {flip_y}").reach(Document(210, 297, ()))
    assert (reach.x0, reach.y0, reach.x1, reach.y1) == (0, low, 150, high)


@pytest.mark.parametrize(
    ("profile", "before"),
    [
        (PROFILES["marlin-servo"], ["M280 P0 S60", "G4 P150", "G28 X Y"]),
        (GcodeProfile(start="$H"), ["$X", "M3 S0", "G4 P0.15", "$H"]),
    ],
)
def test_the_pen_is_lifted_before_the_machine_homes(profile, before):
    rows = to_gcode(page(segments(1)), profile=profile).splitlines()
    assert rows[3 : 3 + len(before)] == before


@pytest.mark.parametrize(("decimals", "farthest"), [(3, 49.997), (2, 49.99), (0, 49)])
def test_coordinates_on_the_edge_of_the_reach_are_within_it_after_rounding(decimals, farthest):
    profile = GcodeProfile(width_mm=49.9976, height_mm=49.9976, decimals=decimals)
    line = Lines.of([[[0, 0.0024], [49.9976, 50]]])
    text = to_gcode(page(line, width=50, height=50), profile=profile)
    assert max(float(word) for word in re.findall(r"[XY](-?[\d.]+)", text)) == farthest


@pytest.mark.parametrize("begin", ["", "a)\nG1 X999 Y999\n("])
def test_no_layers_name_becomes_a_command_or_a_line_longer_than_a_controller_takes(begin):
    text = to_gcode(page((f"{begin}{'x' * 500}", segments(2)), (f"{begin}ü", segments(2))))
    assert max(map(len, text.splitlines())) <= 80
    assert "\nG1 X999" not in text
    assert text.isascii()


SPEAKING = [name for name in machine_names() if read_machine(name).profile is not None]
NAMES = ("1+S40 slow", "2+P2+H30 twice", "+D300 later")
HEIGHTS = (None, 30)


def crowded(seed, side=330.0):
    """A sheet of A4 whose lines and circles reach far over its edges, on three layers."""
    rng = np.random.default_rng(seed)
    layers = []
    for name in NAMES:
        rings = [circle(*rng.uniform(-20, side, 2).tolist(), rng.uniform(5, 60)) for _ in range(6)]
        walks = rng.normal(0, 25, (6, 8, 2)).cumsum(axis=1) + rng.uniform(0, 250, (6, 1, 2))
        layers.append(Layer(name, "black", 0.3, Lines.of([*rings, *walks])))
    return Document(210, 297, tuple(layers))


def pen_of(profile):
    """Return from a row where the pen is, by the rows that the profile has for it."""
    rows = dict.fromkeys((profile.down(height).split("\n")[0] for height in HEIGHTS), True)
    rows[profile.command("pen_up").split("\n")[0]] = False
    return rows.get


TURNS = {
    "as it is": lambda one: [one],
    "smaller": lambda one: [fit(one, 105, 148, margin_mm=0)],
    "in tiles": lambda one: [tile.document for tile in tiles(one, 105, 148, margin_mm=4)],
}
CASES = sampled(product(SPEAKING, TURNS), 5)


@pytest.mark.parametrize(("name", "turn"), CASES)
def test_gcode_stays_on_the_sheet(name, turn):
    machine = read_machine(name)
    profile = machine.profile
    assert profile is not None
    for sheet in TURNS[turn](crowded(len(name))):
        part = optimize(crop(sheet, machine.reach(sheet), outside="crop")[0])
        text = to_gcode(part, profile=profile, outside="refuse")
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


@pytest.mark.parametrize("device", list(devices()))
def test_hpgl_stays_in_the_limits_of_its_paper(device):
    for paper in devices()[device].papers:
        sheet = replace(crowded(3), width_mm=paper.size_mm[0], height_mm=paper.size_mm[1])
        text = to_hpgl(sheet, device=device, outside="crop")
        # The pen's own park is outside of some papers' limits: it is up there.
        body = text[: text.rindex("PU")]
        assert run_hpgl(body + "PU;SP0;IN;\n", x=paper.x, y=paper.y)


def test_a_machine_of_ones_own_is_read_from_a_file(own_machine):
    machine = own_machine('base = "z-axis"', "[own.time]\ndraw_speed = 5", width=50)
    assert machine.profile is not None
    assert (machine.profile.width_mm, machine.profile.pen_up) == (50, "G0 Z5")
    assert machine.plotter.draw_speed == 5


def test_a_machine_without_times_takes_them_from_its_feeds_and_dwells(own_machine):
    pen = 'pen_up = "M5\\nG4 P1"\npen_down = "M3 S90\\nG4 P1"\n'
    machine = own_machine(f"{pen}draw_feed = 300\ntop_feed = 300")
    lines = Lines.of([[[10, y], [110, y]] for y in range(10, 110, 10)])
    total = statistics(page(lines), plotter=machine.plotter)[-1]
    # Ten lines of 20 s, two seconds each for the pen, and 200 ms of travel at 5 mm/s per 10 mm.
    travel_s = (10 * 2**0.5 + 9 * (100**2 + 10**2) ** 0.5) / 5
    assert total.seconds == pytest.approx(10 * (20 + 2) + travel_s, rel=0.01)


@pytest.mark.parametrize(
    ("command", "seconds", "low_s"),
    [
        # 5 and 1.5 mm at 10 mm/s, from rest to rest at 250 mm/s²
        ('pen_up = "G0 Z5 F600"\npen_down = "G1 Z{down} F600"\ndown_range = [-5, 5]', 0.54, 0.19),
        ('base = "marlin-servo"', 0.15, 0.105),
        ('base = "servo"', 0.15, 0.105),
    ],
)
def test_the_time_of_a_lift_is_read_from_its_command(own_machine, command, seconds, low_s):
    plotter = own_machine(command).plotter
    assert (plotter.raise_s, plotter.low_lift.raise_s) == pytest.approx((seconds, low_s))


@pytest.mark.parametrize(
    "text",
    [
        "own = 3",
        'own = "a machine"',
        "[own]\nprofile = 3",
        "[own]\ntime = 3",
        *(f"[own]\n{row}" for row in ("width_mm = '9 mm'", "height_mm = true", "width_mm = inf")),
        *(f"[own]\n{row}" for row in ("device = [1]", "title = 3", "format = 'png2'", "reach = 3")),
        *(f"[own.time]\n{row}" for row in ("lookahead = -1", "per_axis = 'x'", "raise_s = nan")),
        *(f"[own.profile]\n{row}" for row in ("pen_up = 'höher'", "draw_feed = 'x'", "flip_y = 7")),
    ],
)
def test_a_machine_file_with_a_bad_value_is_refused_with_words(tmp_path, text):
    usual = {"title": "'Own'", "width_mm": "90", "height_mm": "80", "format": "'gcode'"}
    rows = [f"{name} = {value}" for name, value in usual.items() if name not in text]
    own = "\n".join(["[own]", *rows, text.removeprefix("[own]\n")])
    (tmp_path / "own.toml").write_text(text if text.startswith("own") else own)
    with pytest.raises((PlotError, UnknownNameError), match=r"own|profile|reach"):
        read_machine(tmp_path / "own.toml")
