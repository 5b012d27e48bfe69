"""Lines left out where the paper would be all ink."""

import numpy as np

from drawscape.geometry.lines import Lines
from drawscape.geometry.thinning import WHOLE, thinned


def rows(apart):
    x = np.linspace(0, 60, 61)
    return Lines.of([np.column_stack((x, np.full(61, y))) for y in np.arange(0, 30, apart)])


def test_lines_with_room_stay_as_they_are():
    lines = rows(1.0)
    light = thinned(lines)
    assert light.points.tolist() == lines.points.tolist()


def test_where_lines_crowd_only_so_many_go_on_as_leave_paper():
    lines = rows(0.2)
    light = thinned(lines, most=0.6)
    # A pen of 0.3 mm on rows 0.2 mm apart covers the paper one and a half times.
    assert 0.3 < light.lengths_mm.sum() / lines.lengths_mm.sum() < 0.5
    assert thinned(Lines.empty()).bounds is None


def test_a_crowd_somewhere_costs_no_line_elsewhere_and_whole_lines_nothing():
    narrow = rows(1.0)
    x, y = narrow.points.T
    # Drawn together to a tenth on the right.
    fan = narrow.with_points(np.column_stack((x, np.where(x > 30, y / 10, y))))
    number = 1 + np.arange(len(fan))
    number[7] = WHOLE
    light = thinned(fan, number)
    left = light.points[light.points[:, 0] < 25]
    assert len(np.unique(left[:, 1].round(6))) == len(fan)
    assert 0.05 < (light.points[:, 0] > 35).sum() / (fan.points[:, 0] > 35).sum() < 0.5
    assert any(len(line) == 61 and line[0, 1] == fan[7][0, 1] for line in light)
