"""Streamlines follow their field, keep their distance and cover the page."""

import numpy as np
import pytest

from drawscape.errors import GeometryError
from drawscape.geometry.nearest import Nearest
from drawscape.geometry.noise import Noise
from drawscape.geometry.regions import contains
from drawscape.geometry.streamlines import growing_streamlines, streamlines

PAGE = (10.0, 20.0, 90.0, 130.0)
NOISE = Noise(4)
STAR = np.array([[50, 25], [60, 45], [85, 50], [60, 60], [50, 85], [40, 60], [15, 50], [40, 45]])


def waves(x, y):
    return NOISE.perlin(x / 40, y / 40) * 2 * np.pi


def around_the_middle(x, y):
    return np.column_stack((75 - y, x - 50))


def gaps_between_lines(lines):
    """The distance of each inner point from the nearest point of another line."""
    distances, near = Nearest(lines.points).query(lines.points, 12)
    other = lines.ids[np.minimum(near, len(lines.ids) - 1)] != lines.ids[:, None]
    gaps = np.where(other, distances, np.inf).min(axis=1)
    inner = ((lines.points > (10.5, 20.5)) & (lines.points < (89.5, 129.5))).all(axis=1)
    return gaps[inner]


@pytest.mark.parametrize(
    "field", [waves, around_the_middle, lambda x, y: NOISE.curl(x / 30, y / 30)]
)
@pytest.mark.parametrize("spacing", [1.3, 4.0])
def test_lines_keep_their_distance_and_leave_no_gap(field, spacing):
    lines = streamlines(field, PAGE, spacing, step_mm=99)
    assert gaps_between_lines(lines).min() > 0.5 * spacing - 1e-4
    anywhere = np.random.default_rng(0).uniform(PAGE[:2], PAGE[2:], (2000, 2))
    gaps = Nearest(lines.points).distances(anywhere)
    assert np.quantile(gaps, 0.99) < spacing
    assert gaps.max() < 1.5 * spacing


def test_lines_follow_the_field():
    lines = streamlines(waves, PAGE, 2.0)
    for line in lines:
        step = np.diff(line, axis=0)
        middle = (line[1:] + line[:-1]) / 2
        angle = waves(*middle.T)
        along = (step * np.column_stack((np.cos(angle), np.sin(angle)))).sum(axis=1)
        assert (along >= 0.97 * np.hypot(*step.T) - 1e-9).all()
        assert np.hypot(*step.T).max() <= 0.5 + 1e-9


def test_a_field_is_not_asked_for_places_outside_the_area():
    def picture(x, y):
        assert x.min() >= 10
        assert x.max() <= 90
        assert y.min() >= 20
        assert y.max() <= 130
        return np.full(len(x), 0.3)

    assert len(streamlines(picture, PAGE, 3.0)) > 10


def test_circles_close():
    lines = streamlines(around_the_middle, PAGE, 3.0)
    whole = lines.take(lines.closed)
    assert len(whole) >= 3
    for ring in whole:
        assert np.ptp(np.hypot(*(ring - (50, 75)).T)) < 0.5


@pytest.mark.parametrize("mask", [STAR, lambda x, y: contains(STAR, np.column_stack((x, y)))])
def test_a_mask_keeps_lines_inside(mask):
    lines = streamlines(waves, PAGE, 1.0, mask=mask)
    middles = np.concatenate([(line[1:] + line[:-1]) / 2 for line in lines])
    assert len(lines) > 20
    assert contains(STAR, middles).mean() > 0.98
    assert contains(STAR, middles).all() or callable(mask)


def test_lines_start_from_given_seeds_first():
    lines = streamlines(waves, PAGE, 4.0, seeds=[[50.0, 70.0], [500.0, 0.0]])
    assert (lines.points == (50.0, 70.0)).all(axis=1).any()
    assert not (streamlines(waves, PAGE, 4.0).points == (50.0, 70.0)).all(axis=1).any()


def test_lines_are_as_long_as_asked():
    lines = streamlines(around_the_middle, PAGE, 2.0, min_length_mm=5.0, max_length_mm=20.0)
    assert lines.lengths_mm.min() >= 5.0
    assert lines.lengths_mm.max() <= 20.0 + 12 * 2.0


def test_the_same_field_gives_the_same_lines_and_angles_are_as_good_as_vectors():
    first, second = streamlines(waves, PAGE, 3.0), streamlines(waves, PAGE, 3.0)
    assert np.array_equal(first.points, second.points)
    as_tuple = streamlines(lambda x, y: (np.cos(waves(x, y)), np.sin(waves(x, y))), PAGE, 3.0)
    assert np.allclose(as_tuple.points[:50], first.points[:50])


@pytest.mark.parametrize(
    "field",
    [
        lambda x, y: np.zeros((len(x), 2)),
        lambda x, y: np.full(len(x), np.nan),
        lambda x, y: (np.nan * x, y),
    ],
)
def test_a_field_without_directions_has_no_lines(field):
    assert len(streamlines(field, PAGE, 5.0)) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"spacing_mm": 0}, "spacing_mm=0"),
        ({"spacing_mm": np.inf}, "inf"),
        ({"spacing_mm": 1e-4}, "wider spacing"),
        ({"spacing_mm": 5, "test": 2}, "test=2"),
        ({"spacing_mm": 5, "step_mm": 0}, "step_mm=0"),
        ({"spacing_mm": 5, "max_length_mm": 0}, "max_length_mm=0"),
    ],
)
def test_options_that_make_no_sense_are_named(options, words):
    with pytest.raises(GeometryError, match=words):
        streamlines(waves, PAGE, **options)


def test_a_field_of_another_shape_is_refused():
    with pytest.raises(GeometryError, match="angles or vectors"):
        streamlines(lambda x, y: np.zeros(3), PAGE, 5.0)


@pytest.mark.parametrize("seed", [[1e6, 0.0], [-500.0, -500.0], [50.0, 131.0]])
def test_a_seed_off_the_page_starts_no_line(seed):
    assert np.array_equal(
        streamlines(waves, PAGE, 4.0, seeds=[seed]).points, streamlines(waves, PAGE, 4.0).points
    )


@pytest.mark.parametrize("mask", [None, STAR, lambda x, y: contains(STAR, np.column_stack((x, y)))])
def test_growing_lines_are_seen_as_they_grow_and_end_as_the_finished_ones(mask):
    shares, lengths, last = [], [], None
    for done, lines in growing_streamlines(waves, PAGE, 1.5, mask=mask, min_length_mm=2.0):
        last = lines()
        shares.append(done)
        lengths.append(last.lengths_mm.sum())
    assert shares == sorted(shares)
    assert 0.0 < shares[0] < 0.5
    assert 0.8 < shares[-2] <= shares[-1] == 1.0
    # Rings close when they meet themselves, and lines count once they are long enough: no line shrinks.
    assert lengths == sorted(lengths)
    finished = streamlines(waves, PAGE, 1.5, mask=mask, min_length_mm=2.0)
    assert np.array_equal(last.points, finished.points)
    assert np.array_equal(last.offsets, finished.offsets)
