"""What a plot will be: its figures, its time, its colours, and warnings before it begins."""

import math

import numpy as np
import pytest
from plot_support import hatch, page, segments, travel

from drawscape import plot
from drawscape.drawing.document import Motion, Pen, plain_name
from drawscape.drawing.values import rgb
from drawscape.geometry.lines import Lines
from drawscape.plot import Concern, Plotter, layer_statistics, preflight, read_machine


def test_a_page_with_hardly_any_ink_is_nearly_empty():
    for lines, ink in ((Lines.empty(), "0"), (Lines.of([[(50, 50), (70, 50)]]), "20")):
        (empty,) = preflight(page(lines))
        assert empty.concern is Concern.EMPTY
        assert empty.text == f"the page of 210 x 297 mm is nearly empty: {ink} mm of ink"
    assert preflight(page(Lines.of([[(50, 50), (71, 50)]]))) == ()


def test_lines_outside_are_found_at_their_farthest_point():
    lines = Lines.of([[[5, 5], [100, 5]], [[50, 50], [60, 300]], [[50, 50], [60, 60]]])
    (finding,) = preflight(page(lines))
    assert (finding.concern, finding.count) == (Concern.OUTSIDE, 1)
    assert (finding.x_mm, finding.y_mm) == (60, 300)
    assert finding.text == "1 line of 'a' leaves the sheet by up to 3.0 mm"
    (both,) = preflight(page(lines), margin_mm=10)
    assert both.count == 2
    reach, _ = preflight(page(lines.take([2])), machine=read_machine("marlin"))
    assert "Marlin" in reach.text


def test_ink_beyond_the_sheet_is_not_weighed_however_far():
    far = Lines.of([[[0, 5], [1e12, 5]], *[[[300, 5], [400, 5]]] * 9])
    assert [finding.concern for finding in preflight(page(far))] == [Concern.OUTSIDE]


def test_a_plot_of_hours_or_of_thousands_of_lifts_is_named_before_it_begins():
    places = np.indices((101, 100)).reshape(2, -1).T
    short = Lines.of(np.stack((places, places + np.array([0, 0.3])), axis=1))
    (lifts,) = preflight(page(short))
    assert (lifts.concern, lifts.layer, lifts.count) == (Concern.LONG, "", 10_100)
    assert lifts.text.endswith("lifts the pen 10,100 times")
    assert preflight(page(short.take(np.arange(10_000)))) == ()
    slow = page(("+S1 a", hatch(9, width=110)))  # 990 mm at 2.2 mm/s
    assert preflight(slow) == ()
    longer = page(("+S1 a", hatch(150, width=110)))
    (long,) = preflight(longer)
    assert long.text == "the plot takes 2 h 7 min and lifts the pen 150 times"
    (on_grbl,) = preflight(longer, machine=read_machine("grbl"))
    assert "2 h 23 min" in on_grbl.text


def test_a_machine_and_a_margin_count_together():
    lines = Lines.of([[[5, 200], [100, 200]]])
    machine = read_machine("marlin")
    assert preflight(page(lines), machine=machine) == ()
    assert preflight(page(lines), machine=machine, margin_mm=6) != ()
    hp, low = read_machine("hp7475a"), Lines.of([[[5, 200], [100, 290]]])
    (pens,) = preflight(page(low), machine=hp)
    assert "leaves the sheet or what the pens reach of a4 by up to 5.3 mm" in pens.text
    assert preflight(page(low, height=300, width=300), machine=hp) == ()  # it has no such paper


def test_wet_spots_are_found_by_ink_width_and_passes():
    dense = hatch(200, spacing=0.05, width=20)
    dense = dense.with_points(dense.points + 50)
    (wet,) = preflight(page(dense))
    assert wet.concern is Concern.WET
    assert 50 <= wet.x_mm <= 70
    assert 50 <= wet.y_mm <= 60
    assert preflight(page(dense, pen_mm=0.1)) == ()
    assert Concern.WET in {f.concern for f in preflight(page(("+P2 a", dense), pen_mm=0.1))}
    assert [f.concern for f in preflight(page(("%a", dense)))] == [Concern.EMPTY]


def test_dots_and_repeated_strokes_are_found():
    strokes = [[[20, 20], [30, 30]]] * 2 + [[[30, 30], [20, 20]]]
    lines = Lines.of([[[9.0, 9]], [[5.0, 5], [5, 5]], *strokes])
    dots, repeated = preflight(page(lines, pen_mm=0.1))
    assert (dots.concern, dots.count, dots.x_mm) == (Concern.DOT, 2, 9)
    assert (repeated.concern, repeated.count, repeated.x_mm) == (Concern.REPEATED, 1, 25)
    assert repeated.text.endswith("up to 3")


def test_a_finding_names_all_its_places_the_worst_first():
    leaving = Lines.of([[[50, 50], [60, 299]], [[50, 50], [60, 300]], [[5, 5], [9, 9]]])
    (outside,) = preflight(page(leaving))
    assert outside.places_mm == ((60, 300), (60, 299))
    spots = [[[x, 20.5], [x + 1, 20.5]] for x in (30, 70) for _ in range(14 + x // 70)]
    wet, repeated = preflight(page(Lines.of(spots)))
    assert wet.places_mm == ((70.5, 20.5), (30.5, 20.5))
    assert repeated.places_mm == ((70.5, 20.5), (30.5, 20.5))
    dots, _ = preflight(page(Lines.of([[[n / 10, 5], [n / 10, 5]] for n in range(300)])))
    assert (dots.count, len(dots.places_mm)) == (300, 200)


@pytest.mark.parametrize(("copies", "wet"), [(1, 0), (2, 0), (5, 1)])
def test_a_wide_pen_is_wet_where_it_is_drawn_often_only(copies, wet):
    lines = Lines.of([[[20, 42.5], [80, 42.5]]] * copies)
    found = preflight(page(lines, pen_mm=5))
    assert [f.concern for f in found].count(Concern.WET) == wet


# Round figures: full speed is reached after 5 mm and 1 s / 0.5 s.
SLOW = Plotter(
    draw_speed=10, travel_speed=20, draw_acceleration=10, travel_acceleration=40,
    corner_deviation_mm=0.1, raise_s=0.25, lower_s=0.5,
)  # fmt: skip


def drawing_s(lines):
    return SLOW.strokes(lines)[1]


def test_two_lines_by_hand():
    lines = Lines.of([[[3, 4], [3, 14]], [[6, 18], [6, 18.1], [16, 18.1]]])
    figures = layer_statistics(lines, name="pen", plotter=SLOW)

    assert (figures.name, figures.lines, figures.points, figures.lifts) == ("pen", 2, 5, 2)
    assert figures.pen_down_mm == pytest.approx(10 + 0.1 + 10)
    assert figures.pen_up_mm == pytest.approx(5 + 5)
    assert figures.pen_up_mm == pytest.approx(travel(lines))


# v^2 = a d s / (1 - s) at a right angle, with s = sin 45 degrees.
CORNER = math.sqrt(math.sqrt(0.5) / (1 - math.sqrt(0.5)))


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        # 1 s and 5 mm up to speed, the same down, 90 mm at 10 mm/s between.
        ([[0, 0], [100, 0]], 1 + 9 + 1),
        # Points along a straight line cost nothing.
        (np.linspace((0, 0), (100, 0), 1001), 11),
        # A triangle: half of 2.5 mm is covered in sqrt(2 * 1.25 / 10) s.
        ([[0, 0], [2.5, 0]], 2 * math.sqrt(0.25)),
        # A reversal stops the pen.
        ([[0, 0], [50, 0], [0, 0]], 2 * (1 + 4 + 1)),
        ([[0, 0], [50, 0], [50, 50]], 2 * (1 + (10 - CORNER) / 10 + 4.5 - (100 - CORNER**2) / 200)),
    ],
)
def test_a_stroke_follows_its_trapezoids(line, seconds):
    assert drawing_s(Lines.of([line])) == pytest.approx(seconds, rel=1e-6)
    # And what it costs in a drawing are the travel there, 5 or 100 mm, and the pen's own time.
    for shift, travel_s in (((3, 4), 2 * math.sqrt(5 / 40)), ((60, 80), 0.5 + 90 / 20 + 0.5)):
        whole = layer_statistics(Lines.of([np.add(line, shift)]), plotter=SLOW).seconds
        assert whole == pytest.approx(seconds + travel_s + 0.75, rel=1e-6)


def test_a_corner_after_a_short_piece_slows_what_comes_before():
    # 1 mm before a full stop no more than sqrt(2 a 1 mm) is possible, straight or not.
    lines = Lines.of([[[0, 0], [50, 0], [51, 0], [50, 0]]])
    last = drawing_s(Lines.of([[[51, 0], [50, 0]]]))
    assert drawing_s(lines) == pytest.approx(1 + (51 - 10) / 10 + 1 + last)


def test_lines_cost_as_much_together_as_alone():
    lines = segments(40)
    alone = sum(drawing_s(lines.take([k])) for k in range(len(lines)))
    assert drawing_s(lines) == pytest.approx(alone)


def test_the_preview_draws_the_travel_that_the_figures_name():
    document = page(segments(20))
    lines, travel = plot.with_travel(document).layers
    assert (lines.name, travel.name) == ("a", "%travel")
    assert travel.lines.lengths_mm.sum() == pytest.approx(plot.statistics(document)[-1].pen_up_mm)


@pytest.mark.parametrize(
    ("name", "motion", "text"),
    [
        ("red", Motion(), "red"),
        ("5 red", Motion(number=5), "red"),
        ("5+S30+H60+D500 red", Motion(number=5, speed=30, height=60, delay_ms=500), "red"),
        ("  !12 +s30red", Motion(number=12, pause=True, speed=30), "red"),
        ("+S30+S40", Motion(speed=40), "+S30+S40"),
        ("%notes +S30", Motion(plotted=False), "notes +S30"),
        ("red +S30", Motion(), "red +S30"),
        ("+P3 x", Motion(passes=3), "x"), ("!", Motion(pause=True), "!"), ("", Motion(), ""),
        # Up to the limits of the AxiDraw's software.
        ("+S110", Motion(speed=110), "+S110"), ("+S111 x", Motion(), "x"),
        ("+S0+H101 x", Motion(), "x"), ("+H0", Motion(height=0), "+H0"),
        ("+P100", Motion(passes=100), "+P100"), ("+P101 x", Motion(), "x"),
        ("+D1", Motion(delay_ms=1), "+D1"),
        ("2+S30 sky @micron-03", Motion(number=2, speed=30), "sky"),
        ("9999", Motion(number=9999), "9999"),
    ],
)  # fmt: skip
def test_a_name_says_how_its_pen_moves(name, motion, text):
    assert Motion.of(name) == motion
    assert plain_name(name) == text
    again = motion.named("red")
    assert (Motion.of(again), plain_name(again)) == (motion, "red")


def test_a_pen_keeps_what_it_is_not_asked_to_change():
    pen = Pen("5+S30 red @micron").moving(passes=2)
    assert pen.name == "5+S30+P2 red @micron"
    assert (pen.motion.speed, pen.motion.passes, pen.motion.number) == (30, 2, 5)


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        ("red", (255, 0, 0)), ("rebeccapurple", (102, 51, 153)), ("#0af", (0, 170, 255)),
        ("CornflowerBlue", (100, 149, 237)), ("#102030", (16, 32, 48)),
        ("#10203080", (16, 32, 48)), ("rgb(1, 2,3)", (1, 2, 3)),
        ("rgb(100%,0%,50%)", (255, 0, 128)), ("rgba(9 8 7 / 50%)", (9, 8, 7)),
    ],
)  # fmt: skip
def test_colours_as_css_writes_them(color, expected):
    assert rgb(color) == expected


def test_a_delay_and_a_short_look_ahead_take_their_time():
    turn = np.linspace(0, 2 * np.pi, 2000)
    line = 50 + 40 * np.column_stack((np.cos(turn), np.sin(turn)))
    plain = layer_statistics(Lines.of([line]))
    assert layer_statistics(Lines.of([line]), name="+D1500 a").seconds == plain.seconds + 1.5
    # Of a few short steps ahead, the machine must always be able to stop at the last one.
    plotters = [Plotter(lookahead=steps) for steps in (3, 9999)]
    blind, far = (layer_statistics(Lines.of([line]), plotter=one) for one in plotters)
    assert blind.seconds > 1.2 * plain.seconds
    assert far.seconds == plain.seconds
