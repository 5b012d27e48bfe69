"""What cannot be plotted is refused, by words that name it."""

import math

import pytest
from plot_support import page, segments

from drawscape.drawing.document import Motion
from drawscape.errors import PlotError, UnknownNameError
from drawscape.geometry.lines import Lines
from drawscape.plot import Plotter, deduplicate, merge, preflight
from drawscape.plot.formats import save
from drawscape.plot.gcode_export import to_gcode
from drawscape.plot.gcode_profile import GcodeProfile, read_profile
from drawscape.plot.hpgl_export import to_hpgl
from drawscape.plot.known_machines import read_machine
from drawscape.plot.pages import drop_shorter, fit, place, tiles
from drawscape.plot.png_export import to_png

LINES = segments(3)
AT = 5, None, "ab", (1, 2, 3), (1, "2"), (1, math.nan)  # what is no place


@pytest.mark.parametrize(
    ("words", "call"),
    [
        (r"leaves the sheet by 0\.10 mm", lambda: to_gcode(page(Lines.of([(-0.1, 10), (20, 10)])))),
        ("100 % is pen up", lambda: to_gcode(page(("+H100 a", LINES)))),
        ("units", lambda: GcodeProfile(pen_up="G20")),
        ("units", lambda: GcodeProfile(pen_up="G1 Z1\nG21 (back)")),
        (r"'a' leaves what the pens reach of a4 by 5", lambda: to_hpgl(page(Lines.of([(50, 5), (60, 50)])))),
        ("a4", lambda: to_hpgl(page(LINES, width=123, height=45))),
        ("hp7475a", lambda: to_hpgl(page(LINES), device="hp1")),
        *(("dpi", lambda dpi=dpi: to_png(page(LINES), dpi=dpi)) for dpi in (0, -3, math.nan, 100_000)),
        (r"\.svg", lambda: save(page(LINES), "a.docx")),
        ("tolerance_mm=-1", lambda: merge(LINES, tolerance_mm=-1)),
        ("tolerance_mm=None", lambda: merge(LINES, tolerance_mm=None)),
        ("tolerance_mm=0", lambda: deduplicate(LINES, tolerance_mm=0)),
        ("no room", lambda: fit(page(LINES), 50, 20, margin_mm=10)),
        ("than_mm=-1", lambda: drop_shorter(LINES, than_mm=-1.0)),
        ("sheets", lambda: tiles(page(LINES), 20, 20, overlap_mm=20)),
        ("sheets", lambda: tiles(page(LINES), 20, 20, margin_mm=9)),
        ("overlap_mm=-1", lambda: tiles(page(LINES), 210, 297, overlap_mm=-1)),
        ("height_mm=None", lambda: tiles(page(LINES), 210, None)),
        ("height_mm='50'", lambda: fit(page(LINES), 50, "50")),
        ("scale='2'", lambda: place(page(LINES), scale="2")),
        *(("more than 1 km", lambda s=s: place(page(LINES), scale=s)) for s in (1e23, 1e308)),
        ("more than 1 km", lambda: place(page(LINES), translate_mm=(1e200, 0))),
        ("rotate_degrees=None", lambda: place(page(LINES), rotate_degrees=None)),
        *(("translate_mm=", lambda at=at: place(page(LINES), translate_mm=at)) for at in AT),
        ("margin_mm='5'", lambda: preflight(page(LINES), margin_mm="5")),
        ("sheets", lambda: tiles(page(LINES, width=420, height=594), 9, 9)),
        ("margin_mm=150", lambda: preflight(page(LINES), margin_mm=150)),
        ("draw_speed", lambda: Plotter(draw_speed=0)),
        ("raise_s", lambda: Plotter(raise_s=-1)),
        ("travel_speed", lambda: Plotter(travel_speed=math.nan)),
        ("speed", lambda: Motion(speed=0)),
        ("height", lambda: Motion(height=101)),
        ("passes", lambda: Motion(passes=0)),
    ],
)  # fmt: skip
def test_what_cannot_be_plotted_is_named(words, call):
    with pytest.raises((PlotError, UnknownNameError), match=words):
        call()


@pytest.mark.parametrize(
    ("read", "content", "words"),
    [
        (read_profile, "draw_fed = 3", "draw_feed"),
        (read_profile, 'draw_feed = "fast"', "draw_feed='fast'"),
        (read_profile, "draw_feed = -1", "positive"),
        (read_profile, "flip_y = 1", "flip_y=1"),
        (read_profile, 'base = "laser"', "servo"),
        (read_profile, "draw_feed = ", "cannot be read"),
        (read_profile, "decimals = 9", "0 to 4"),
        (read_profile, 'units = "in"', "units"),
        (read_machine, "[mine]\nwidth_mm = 50", "mine"),
    ],
)
def test_a_mistake_in_a_file_of_settings_is_named(tmp_path, read, content, words):
    (tmp_path / "own.toml").write_text(content)
    with pytest.raises((PlotError, UnknownNameError), match=words):
        read(tmp_path / "own.toml")
