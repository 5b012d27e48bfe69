"""Lines are flat arrays that cannot be built wrongly."""

import numpy as np
import pytest

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Lines, on_lines


def test_every_way_in_gives_the_same_arrays():
    first, second = np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[1.0, 1.0], [2.0, 1.0]])
    stacked = Lines.of(np.stack((first, second)))
    listed = Lines.of([first, [], second.tolist()])
    counted = Lines.from_counts(np.concatenate((first, second)), [2, 0, 2])
    assert Lines.of([[0.0, 0.0], [3.0, 4.0]]).points.tolist() == first.tolist()
    for lines in (stacked, listed, counted, Lines.join([Lines.of(first), Lines.of(second)])):
        assert np.array_equal(lines.points, np.concatenate((first, second)))
        assert lines.offsets.tolist() == [0, 2, 4]
        assert lines.lengths_mm.tolist() == [5.0, 1.0]
        assert lines.ids.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    "bad", [[1.0, 2.0], [[[0.0, 0.0, 0.0]]], 7, ["ab"], [[[0.0, np.nan]]], np.zeros((2, 3))]
)
def test_what_is_no_line_is_refused(bad):
    with pytest.raises(GeometryError):
        Lines.of(bad)


def test_a_line_is_closed_from_three_points_on():
    lines = Lines.of([[[0, 0], [1, 0], [0, 0]], [[2, 2], [2, 2]], [[3, 3]], [[0, 0], [1, 1]]])
    assert lines.closed.tolist() == [True, False, False, False]


def test_counts_must_use_all_points():
    with pytest.raises(GeometryError, match="3 points for counts that add up to 2"):
        Lines.from_counts(np.zeros((3, 2)), [2])


def test_a_function_on_lines_takes_one_line_as_an_array():
    @on_lines
    def mirrored(lines):
        return lines.with_points(-lines.points)

    assert mirrored([[1.0, 2.0], [3.0, 4.0]]).tolist() == [[-1.0, -2.0], [-3.0, -4.0]]
    assert len(mirrored(Lines.empty())) == 0
    assert mirrored([]).shape == (0, 2)
    with pytest.raises(GeometryError, match="not \\(2,\\)"):
        mirrored([1.0, 2.0])
