"""Places are granted by the distances to all others, whatever is looked through to find them."""

import numpy as np
import pytest

from drawscape.geometry.streamlines import Occupancy

PAGE = (0.0, 0.0, 14.0, 10.0)
RADIUS, REACH, LOOP = 0.6, 1.5, 5
STRIDES = 8


class OneByOne:
    """The same rules, point by point: no grid but the cells that hold one point each."""

    def __init__(self, cells):
        self.cells, self.held = cells, {}

    def claim_runs(self, places, line, step):
        batch = {}
        cells = self.cells(places.ravel()).reshape(places.shape)
        for k, n in np.ndindex(*places.shape):
            if cells[k, n] not in self.held:
                batch.setdefault(cells[k, n], (line[n], step[k, n], places[k, n]))
        refused = np.zeros(places.shape, dtype=bool)
        for k, n in np.ndindex(*places.shape):
            mine = line[n], step[k, n], places[k, n]
            lost = cells[k, n] in batch and batch[cells[k, n]] != mine
            before = any(self.too_near(mine, other) for other in self.held.values())
            beside = any(self.too_near(mine, o) and o[0] <= mine[0] for o in batch.values())
            refused[k, n] = lost or before or beside
        granted = np.logical_and.accumulate(~refused, axis=0)
        for k, n in zip(*np.nonzero(granted), strict=True):
            if cells[k, n] in batch:
                self.held[cells[k, n]] = batch[cells[k, n]]
        return granted

    def too_near(self, mine, other):
        loop = mine[0] == other[0] and abs(mine[1] - other[1]) <= LOOP
        return not loop and abs(mine[2] - other[2]) < RADIUS


def runs(rng, lines):
    """Runs of two heads of each line, bent at random: they cross each other and themselves."""
    start = rng.uniform(1, 13, lines) + 1j * rng.uniform(1, 9, lines)
    way = np.repeat([1, -1], lines)
    bend = rng.normal(0, 0.5, 2 * lines) * np.arange(1, STRIDES + 1)[:, None]
    turns = np.exp(1j * (np.tile(rng.uniform(0, 6.28, lines), 2) + bend)) * way
    places = np.tile(start, 2) + np.cumsum(RADIUS / np.sqrt(2) * turns, axis=0)
    inside = np.clip(places.real, 0, 14) + 1j * np.clip(places.imag, 0, 10)
    return start, inside, way * np.arange(1, STRIDES + 1)[:, None]


@pytest.mark.parametrize("seed", range(6))
def test_claims_are_granted_as_a_look_at_all_points_says(seed):
    rng = np.random.default_rng(seed)
    taken = Occupancy(PAGE, RADIUS, REACH, LOOP)
    plain = OneByOne(taken.cells)
    count, outcomes = 0, []
    for lines in (2, 9, 14, 5):
        start, places, step = runs(rng, lines)
        line = count + np.arange(lines)
        count += lines
        zero = np.zeros(lines, dtype=np.int64)
        granted = taken.claim(start, line, zero)
        assert granted.tolist() == plain.claim_runs(start[None], line, zero[None])[0].tolist()
        both = np.tile(granted, 2)
        found = taken.claim_runs(places[:, both], np.tile(line, 2)[both], step[:, both])
        expected = plain.claim_runs(places[:, both], np.tile(line, 2)[both], step[:, both])
        assert found.tolist() == expected.tolist()
        outcomes += [*found.ravel()]
    assert 0.1 < np.mean(outcomes) < 0.9
    anywhere = rng.uniform(0, 14, 500) + 1j * rng.uniform(0, 10, 500)
    held = np.array([place for _, _, place in plain.held.values()])
    expected = np.abs(anywhere[:, None] - held).min(axis=1) > REACH
    assert taken.free(anywhere).tolist() == expected.tolist()
    taken.crowd(held)
    left = taken.uncrowded(anywhere[expected])
    assert set(left) <= set(anywhere[expected])
    assert len(set(taken.cells(left))) == len(left) == len(set(taken.cells(anywhere[expected])))


def test_the_modules_example():
    taken = Occupancy((0.0, 0.0, 10.0, 10.0), 1.0, 2.0, 3)
    assert taken.claim(np.array([0.75 + 0.25j]), np.array([3]), np.array([0])).all()
    run = np.array([[3.25 + 0.25j], [2.25 + 0.25j], [1.25 + 0.25j]])
    granted = taken.claim_runs(run, np.array([7]), np.array([[1], [2], [3]]))
    assert granted[:, 0].tolist() == [True, True, False]


def test_a_run_that_comes_round_to_its_own_start_is_refused_from_there_on():
    step = np.arange(1, STRIDES + 1)[:, None]
    turns = np.pi / 4 * np.arange(STRIDES)[:, None]
    for radius_mm, kept in ((0.54, 0), (0.80, STRIDES)):
        taken = Occupancy(PAGE, RADIUS, REACH, LOOP)
        circle = 7 + 5j + radius_mm * np.exp(1j * turns)
        assert taken.claim_runs(circle, np.array([0]), step).sum() == kept
