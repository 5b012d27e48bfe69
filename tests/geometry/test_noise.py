"""Noise is seeded, bounded, smooth and fast enough to use by the million."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawscape.errors import GeometryError
from drawscape.geometry.noise import Noise

few = settings(max_examples=30, deadline=None)
KINDS = {
    "perlin": lambda noise, x, y: noise.perlin(x, y),
    "perlin 3d": lambda noise, x, y: noise.perlin(x, y, 0.5 * x - y),
    "simplex": lambda noise, x, y: noise.simplex(x, y),
    "fractal": lambda noise, x, y: noise.fractal(x, y, octaves=5),
    "fractal 3d": lambda noise, x, y: noise.fractal(x, y, 0.3),
    "ridged": lambda noise, x, y: noise.ridged(x, y),
}
kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
places = st.floats(-1000, 1000)


@kinds
@few
@given(seed=st.integers(0, 2**32), x=places, y=places)
def test_noise_is_within_one_and_repeats_for_the_same_seed(kind, seed, x, y):
    value = kind(Noise(seed), x, y)
    assert value.shape == ()
    assert -1.0 <= value <= 1.0
    assert value == kind(Noise(seed), x, y)


@kinds
def test_noise_has_no_jumps_across_cells(kind):
    x = np.linspace(-3, 3, 60_001)
    values = kind(Noise(7), x, 0.37 + 0.61 * x)
    # A lattice that is wired wrongly jumps by about 0.3 where x crosses a whole number.
    assert np.abs(np.diff(values)).max() < 0.01
    assert values.std() > 0.02


@kinds
def test_chunks_do_not_show(kind):
    x = np.linspace(0, 50, 40_000)
    whole = kind(Noise(1), x, -x)
    assert np.array_equal(whole[12_345:30_000], kind(Noise(1), x[12_345:30_000], -x[12_345:30_000]))


def test_each_kind_repeats_where_its_documentation_says():
    x, y = np.random.default_rng(0).uniform(-50, 50, (2, 400))
    noise = Noise(4)
    assert noise.perlin(x + 256, y) == pytest.approx(noise.perlin(x, y), abs=1e-9)
    unskewed = 256 * (3 - np.sqrt(3)) / 6
    step = np.array([256 - unskewed, -unskewed])
    assert step == pytest.approx([201.9, -54.1], abs=0.05)
    for dx, dy in (step, step[::-1]):
        assert noise.simplex(x + dx, y + dy) == pytest.approx(noise.simplex(x, y), abs=1e-9)
    assert np.abs(noise.simplex(x + 256, y) - noise.simplex(x, y)).max() > 0.5


def test_ridges_of_different_seeds_share_no_lattice():
    x, y = np.meshgrid(np.arange(0, 40, 0.25), np.arange(0, 40, 0.25))
    fields = [Noise(seed).ridged(x, y, octaves=1).ravel() for seed in range(12)]
    correlations = np.corrcoef(fields)[np.triu_indices(12, 1)]
    assert abs(correlations.mean()) < 0.03


def test_the_detail_of_ridged_noise_grows_on_ridges_and_not_in_valleys():
    x, y = np.random.default_rng(1).uniform(0, 256, (2, 100_000))
    noise = Noise(0)
    coarse, fine = (noise.ridged(x, y, octaves=octaves, gain=1.0) for octaves in (1, 2))
    detail = fine - coarse / 2  # two octaves share the range of one
    high, low = (detail[coarse > 0.8], detail[coarse < 0.1])
    assert low.max() < 0.051
    assert high.mean() > 5 * low.mean()


@few
@given(x=places, y=places, octaves=st.integers(1, 4))
def test_the_gradient_is_the_slope_of_the_noise(x, y, octaves):
    noise, step = Noise(5), 1e-5
    slope = [
        noise.fractal(x + step, y, octaves=octaves) - noise.fractal(x - step, y, octaves=octaves),
        noise.fractal(x, y + step, octaves=octaves) - noise.fractal(x, y - step, octaves=octaves),
    ]
    assert np.allclose(
        noise.gradient(x, y, octaves=octaves), np.array(slope) / (2 * step), atol=1e-3
    )


def test_curl_runs_along_the_contours_of_the_noise():
    x, y = np.random.default_rng(0).uniform(0, 20, (2, 50))
    noise = Noise(9)
    along = (noise.curl(x, y, octaves=3) * noise.gradient(x, y, octaves=3)).sum(axis=1)
    assert np.abs(along).max() < 1e-12


def test_coordinates_broadcast_and_keep_their_shape():
    assert Noise(0).fractal(np.arange(4.0)[:, None], np.arange(3.0)).shape == (4, 3)
    assert Noise(0).curl(np.zeros((2, 5)), 0.0).shape == (2, 5, 2)
    assert Noise(0).perlin([], []).shape == (0,)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_coordinates_that_hold_no_place_are_refused(bad):
    with pytest.raises(GeometryError, match="finite y"):
        Noise(0).perlin([0.0, 1.0], [0.0, bad])


@pytest.mark.parametrize(
    ("options", "words"),
    [({"octaves": 0}, "octaves=0"), ({"octaves": 99}, "octaves=99"), ({"gain": 0.0}, "gain=0.0")],
)
def test_options_out_of_range_are_named(options, words):
    with pytest.raises(GeometryError, match=words):
        Noise(0).fractal(0.5, 0.5, **options)
