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


def test_two_lines_by_hand() -> None:
    lines = Lines.of([[[3, 4], [3, 14]], [[6, 18], [6, 18.1], [16, 18.1]]])
    figures = layer_statistics(lines, name="pen", plotter=SLOW)

    assert (figures.name, figures.lines, figures.points, figures.lifts) == ("pen", 2, 5, 2)
    assert figures.pen_down_mm == pytest.approx(10 + 0.1 + 10)
    assert figures.pen_up_mm == pytest.approx(5 + 5)
    assert figures.pen_up_mm == pytest.approx(travel(lines))


def test_a_long_straight_line_follows_the_trapezoid() -> None:
    # 1 s and 5 mm up to speed, the same down, 90 mm at 10 mm/s between.
    assert SLOW.drawing_s(Lines.of([[[0, 0], [100, 0]]])) == pytest.approx(1 + 9 + 1)


def test_a_short_line_never_reaches_full_speed() -> None:
    # A triangle: half of 2.5 mm is covered in sqrt(2 * 1.25 / 10) s.
    assert SLOW.drawing_s(Lines.of([[[0, 0], [2.5, 0]]])) == pytest.approx(2 * math.sqrt(0.25))


def test_points_along_a_straight_line_cost_nothing() -> None:
    x = np.linspace(0, 100, 1001)
    many = Lines.of([np.stack((x, 0 * x), axis=1)])
    assert SLOW.drawing_s(many) == pytest.approx(11, rel=1e-6)


def test_a_reversal_stops_the_pen() -> None:
    there_and_back = SLOW.drawing_s(Lines.of([[[0, 0], [50, 0], [0, 0]]]))
    assert there_and_back == pytest.approx(2 * SLOW.drawing_s(Lines.of([[[0, 0], [50, 0]]])))


def test_a_right_angle_is_passed_at_the_deviations_speed() -> None:
    # v^2 = a d s / (1 - s) with s = sin 45 degrees.
    half = math.sqrt(0.5)
    corner = math.sqrt(10 * 0.1 * half / (1 - half))
    ramp_s, ramp_mm = (10 - corner) / 10, (100 - corner**2) / 20
    side = 1 + ramp_s + (50 - 5 - ramp_mm) / 10
    assert SLOW.drawing_s(Lines.of([[[0, 0], [50, 0], [50, 50]]])) == pytest.approx(2 * side)


def test_a_corner_after_a_short_piece_slows_what_comes_before() -> None:
    # 1 mm before a full stop no more than sqrt(2 a 1 mm) is possible, straight or not.
    lines = Lines.of([[[0, 0], [50, 0], [51, 0], [50, 0]]])
    last = SLOW.drawing_s(Lines.of([[[51, 0], [50, 0]]]))
    assert SLOW.drawing_s(lines) == pytest.approx(1 + (51 - 10) / 10 + 1 + last)


def test_travel_goes_from_rest_to_rest() -> None:
    # 20 mm/s at 40 mm/s^2 takes 0.5 s and 5 mm each way.
    assert SLOW.travel_s(np.array([100.0])) == pytest.approx(0.5 + 90 / 20 + 0.5)
    assert SLOW.travel_s(np.array([2.5, 0.0])) == pytest.approx(2 * math.sqrt(2.5 / 40))


def test_lines_cost_as_much_together_as_alone() -> None:
    lines = segments(40)
    alone = sum(SLOW.drawing_s(lines.take([k])) for k in range(len(lines)))
    assert SLOW.drawing_s(lines) == pytest.approx(alone)


def test_the_seconds_are_drawing_travel_and_the_pens_own() -> None:
    lines = Lines.of([[[100, 0], [200, 0]]])
    assert layer_statistics(lines, plotter=SLOW).seconds == pytest.approx(11 + 5.5 + 0.75)


def test_the_defaults_are_the_axidraws() -> None:
    plotter = Plotter()
    assert plotter.draw_speed == pytest.approx(55.23, abs=0.01)
    assert plotter.travel_speed == pytest.approx(165.7, abs=0.01)
    assert plotter.draw_acceleration == pytest.approx(762)
    assert plotter.travel_acceleration == pytest.approx(1143)


def test_layers_are_counted_apart_and_summed_up() -> None:
    layers = (Layer("a", "red", 0.3, segments(3)), Layer("b", "blue", None, segments(4, seed=1)))
    first, second, total = statistics(Document(210, 297, layers))
    assert (first.name, second.name, total.name) == ("a", "b", "total")
    assert total.lines == 7
    assert total.seconds == pytest.approx(first.seconds + second.seconds)


def test_nothing_takes_no_time() -> None:
    assert layer_statistics(Lines.empty()).seconds == 0


def test_the_preview_draws_the_travel_that_the_figures_name() -> None:
    document = Document(210, 297, (Layer("a", "red", 0.3, segments(20)),))
    shown = with_travel(document)
    assert [layer.name for layer in shown.layers] == ["a", "travel"]
    assert shown.layers[1].lines.lengths_mm.sum() == pytest.approx(
        statistics(document)[-1].pen_up_mm
    )


@pytest.mark.parametrize("bad", [{"draw_speed": 0}, {"raise_s": -1}, {"travel_speed": math.nan}])
def test_a_plotter_that_cannot_move_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(PlotError, match=next(iter(bad))):
        Plotter(**bad)


def test_a_short_hop_ends_before_the_pen_is_at_full_speed() -> None:
    plotter = Plotter(travel_speed=100, travel_acceleration=1000)
    # Up to v^2 / a = 10 mm all is speeding up and slowing down: 2 sqrt(d / a).
    for hop_mm, seconds in ((0.1, 0.02), (7.0, 0.167332), (10.0, 0.2), (20.0, 0.3)):
        assert plotter.travel_s(np.array([hop_mm])) == pytest.approx(seconds, abs=1e-6)
