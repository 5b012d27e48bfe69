"""The figures, against what a pencil on paper gives."""

import math

import numpy as np
import pytest
from plot_support import segments, travel

from drawscape.drawing.document import Document, Layer
from drawscape.errors import PlotError
from drawscape.geometry.lines import Lines
from drawscape.plot import Plotter, layer_statistics, statistics, with_travel

# Round figures: full speed is reached after 5 mm and 1 s / 0.5 s.
SLOW = Plotter(
    draw_speed=10,
    travel_speed=20,
    draw_acceleration=10,
    travel_acceleration=40,
    corner_deviation_mm=0.1,
    raise_s=0.25,
    lower_s=0.5,
)


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
    assert SLOW.drawing_s(Lines.of([line])) == pytest.approx(seconds, rel=1e-6)
    # And what it costs in a drawing are the travel there, 5 mm, and the pen's own time.
    placed = Lines.of([np.add(line, (3, 4))])
    whole = layer_statistics(placed, plotter=SLOW).seconds
    assert whole == pytest.approx(seconds + 2 * math.sqrt(5 / 40) + 0.75, rel=1e-6)


@pytest.mark.parametrize(
    ("way", "seconds"),
    # 20 mm/s at 40 mm/s^2 takes 0.5 s and 5 mm each way: a short hop never reaches it.
    [(100.0, 0.5 + 90 / 20 + 0.5), (2.5, 2 * math.sqrt(2.5 / 40)), (10.0, 1.0), (0.0, 0.0)],
)
def test_travel_goes_from_rest_to_rest(way, seconds):
    assert SLOW.travel_s(np.array([way])) == pytest.approx(seconds)


def test_a_corner_after_a_short_piece_slows_what_comes_before():
    # 1 mm before a full stop no more than sqrt(2 a 1 mm) is possible, straight or not.
    lines = Lines.of([[[0, 0], [50, 0], [51, 0], [50, 0]]])
    last = SLOW.drawing_s(Lines.of([[[51, 0], [50, 0]]]))
    assert SLOW.drawing_s(lines) == pytest.approx(1 + (51 - 10) / 10 + 1 + last)


def test_lines_cost_as_much_together_as_alone():
    lines = segments(40)
    alone = sum(SLOW.drawing_s(lines.take([k])) for k in range(len(lines)))
    assert SLOW.drawing_s(lines) == pytest.approx(alone)


def test_layers_are_counted_apart_and_summed_up():
    layers = (Layer("a", "red", 0.3, segments(3)), Layer("b", "blue", None, segments(4, seed=1)))
    first, second, total = statistics(Document(210, 297, layers))
    assert (first.name, second.name, total.name) == ("a", "b", "total")
    assert total.lines == 7
    assert total.seconds == pytest.approx(first.seconds + second.seconds)


def test_the_preview_draws_the_travel_that_the_figures_name():
    document = Document(210, 297, (Layer("a", "red", 0.3, segments(20)),))
    shown = with_travel(document)
    assert [layer.name for layer in shown.layers] == ["a", "travel"]
    assert shown.layers[1].lines.lengths_mm.sum() == pytest.approx(
        statistics(document)[-1].pen_up_mm
    )


@pytest.mark.parametrize("bad", [{"draw_speed": 0}, {"raise_s": -1}, {"travel_speed": math.nan}])
def test_a_plotter_that_cannot_move_is_refused(bad):
    with pytest.raises(PlotError, match=next(iter(bad))):
        Plotter(**bad)
