"""What makes no sense is refused, by words that name it."""

import numpy as np
import pytest
import shapely
from plot_support import cuboids

from drawscape.errors import GeometryError
from drawscape.geometry import Lines, coats, rounded
from drawscape.geometry.clip import clip_to_polygon, clip_to_rectangle, visible
from drawscape.geometry.contours import contours, distance_contours, values_at
from drawscape.geometry.curves import beziers, catmull_rom, circle
from drawscape.geometry.hatch import hatch
from drawscape.geometry.hidden import visible_segments
from drawscape.geometry.lines import on_lines, resample, simplify
from drawscape.geometry.mesh import Camera, Mesh
from drawscape.geometry.nearest import Nearest
from drawscape.geometry.noise import Noise
from drawscape.geometry.offset import inset_rings, parallel
from drawscape.geometry.poisson import poisson_disc
from drawscape.geometry.regions import bounds_of, fit_count, squares_in
from drawscape.geometry.streamlines import streamlines
from drawscape.geometry.voronoi import relax, scatter

PAGE, AREA = (10.0, 20.0, 90.0, 130.0), (0.0, 0.0, 9.0, 9.0)
SQUARE = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
LINE = Lines.of(SQUARE[:2])
CUBE, FRONT = cuboids((0, 0, 0), (1, 1, 1)), Camera.parallel(45, 30)
RNG = np.random.default_rng(0)
NOTHING = Lines.empty()


def level(*xyz):
    """A field of directions, or of values in space: x alone."""
    return xyz[0]


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("finite y", lambda: Noise(0).perlin([0.0, 1.0], [0.0, np.nan])),
        ("finite y", lambda: Noise(0).perlin([0.0, 1.0], [0.0, 1e300])),
        *(("finite place", lambda x=x: Noise(0).perlin_at(0.5, x)) for x in (np.nan, np.inf, -1e12)),
        *(("octaves=", lambda n=n: Noise(0).fractal(0.5, 0.5, octaves=n)) for n in (0, 99)),
        ("arrays of numbers", lambda: Noise(0).perlin("x", 0.5)),
        ("gain=0.0", lambda: Noise(0).fractal(0.5, 0.5, gain=0.0)),
        ("spacing_mm=0", lambda: streamlines(level, PAGE, 0)),
        ("inf", lambda: streamlines(level, PAGE, np.inf)),
        ("wider spacing", lambda: streamlines(level, PAGE, 1e-4)),
        ("test=2", lambda: streamlines(level, PAGE, 5, test=2)),
        ("step_mm=0", lambda: streamlines(level, PAGE, 5, step_mm=0)),
        ("max_length_mm=0", lambda: streamlines(level, PAGE, 5, max_length_mm=0)),
        ("angles or vectors", lambda: streamlines(lambda x, y: np.zeros(3), PAGE, 5.0)),
        ("four|x0, y0", lambda: bounds_of((1, 2, 3))),
        ("x0 < x1", lambda: bounds_of((5, 0, 5, 1))),
        ("radius_mm=0.0", lambda: poisson_disc(RNG, PAGE, 0)),
        ("use more", lambda: poisson_disc(RNG, PAGE, 1e-6)),
        ("positive", lambda: poisson_disc(RNG, PAGE, lambda x, y: x - 50)),
        ("iterations=-1", lambda: relax([[1.0, 1.0]], PAGE, iterations=-1)),
        ("0 everywhere", lambda: relax([[1.0, 1.0]], PAGE, density=np.zeros((3, 3)))),
        ("from 0 up", lambda: scatter(RNG, 5, PAGE, density=[[-1.0]])),
        ("finite", lambda: Nearest([[np.nan, 0.0]])),
        ("count=0", lambda: Nearest([[0.0, 0.0]]).query([[0.0, 0.0]], 0)),
        ("outside of 0 to 2", lambda: Mesh.of(np.zeros((3, 3)), [[0, 1, 3]])),
        ("N, 3", lambda: Mesh.of(np.zeros((3, 2)), [[0, 1, 2]])),
        ("azimuth=nan", lambda: Camera.parallel(np.nan, 0)),
        ("N, 3", lambda: visible_segments([1.0], CUBE, FRONT)),
        ("points=0", lambda: rounded(SQUARE, points=0)),
        ("share=nan", lambda: rounded(SQUARE, np.nan)),
        ("across=0", lambda: squares_in(AREA, 0)),
        ("apart_mm=0", lambda: fit_count(5, 9.0, 0)),
        ("orders for 1 lines, 1 masks", lambda: visible(LINE, [0, 1], [SQUARE], [1])),
        (r"not \(\)", lambda: Lines.of([1.0, 2.0])),
        (r"not \(1, 3\)", lambda: Lines.of([[[0.0, 0.0, 0.0]]])),
        ("not 7", lambda: Lines.of(7)),
        ("arrays of numbers: text given", lambda: Lines.of(["ab"])),
        ("finite", lambda: Lines.of([[[0.0, np.nan]]])),
        ("3 points for counts that add up to 2", lambda: Lines.from_counts(np.zeros((3, 2)), [2])),
        (r"is \(2,\)", lambda: on_lines(lambda lines: lines)([1.0, 2.0])),
        *((f"step_mm={step}", lambda step=step: resample(SQUARE, step)) for step in (0.0, np.nan, 1e-12)),
        ("-1.0", lambda: simplify(SQUARE, -1.0)),
        ("0.0", lambda: catmull_rom(SQUARE, 0.0)),
        ("x0 < x1", lambda: clip_to_rectangle(NOTHING, 5, 0, 5, 9)),
        ("inf", lambda: clip_to_rectangle(NOTHING, 0, 0, 5, np.inf)),
        ("at least three", lambda: clip_to_polygon(NOTHING, SQUARE[:2])),
        *((f"radii {radius}", lambda radius=radius: circle(0, 0, radius)) for radius in (-1, np.nan, None)),
        ("tolerance_mm=0", lambda: circle(0, 0, 1, tolerance_mm=0)),
        ("use more", lambda: circle(0, 0, 1e9, tolerance_mm=1e-9)),
        ("arrays, not", lambda: beziers(np.zeros((2, 5, 2)))),
        ("not finite", lambda: beziers(np.full((1, 4, 2), np.nan))),
        ("rings; use more", lambda: hatch(SQUARE * 1e5, 9.99, style="concentric")),
        *((f"spacing_mm={mm!r}", lambda mm=mm: hatch(SQUARE, mm)) for mm in (0, np.nan, "1")),
        ("use more", lambda: hatch(SQUARE, 1e-6)),
        ("angle=inf", lambda: hatch(SQUARE, 1, angle=np.inf)),
        ("at least three", lambda: hatch(SQUARE[:2], 1)),
        ("2 x 2", lambda: contours(np.zeros(5), 0, AREA)),
        ("finite", lambda: contours(np.ones((3, 3)), np.nan, AREA)),
        ("x0 < x1", lambda: contours(np.ones((3, 3)), 1, (0, 0, 0, 1))),
        ("distance_mm=inf", lambda: parallel(SQUARE, np.inf)),
        ("spacing_mm=0", lambda: inset_rings(SQUARE, 0)),
        ("first_mm='far'", lambda: inset_rings(SQUARE, 1, first_mm="far")),
        ("distance_mm=None", lambda: parallel(SQUARE, None)),
        ("angle='up'", lambda: hatch(SQUARE, 1, angle="up")),
        ("shift=None", lambda: hatch(SQUARE, 1, shift=None)),
        ("tolerance_mm=None", lambda: simplify(SQUARE, None)),
        ("octaves='2'", lambda: Noise(0).fractal(0.5, 0.5, octaves="2")),
        ("count=1.5: give a whole number from 0 up", lambda: scatter(RNG, 1.5, PAGE)),
        ("iterations=None", lambda: relax([[1.0, 1.0]], PAGE, iterations=None)),
        ("test=None", lambda: streamlines(level, PAGE, 5, test=None)),
        ("pen_mm=0", lambda: coats(LINE, 0)),
        *(("an area is", lambda area=area: bounds_of(area)) for area in (None, 5, "A4", (0, 0, "9", 9))),
        *(("2 x 2", lambda grid=grid: values_at(grid, AREA, [(1, 1)])) for grid in ([[]], [1.0], [[1.0]])),
        ("2 x 2", lambda: distance_contours([True], [1], AREA)),
        *(("finite", lambda line=line: rounded(line)) for line in ([(0, 0, 0)] * 3, [(0, np.nan)] * 3)),
        ("arrays of numbers", lambda: Nearest("near")),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_what_makes_no_sense_is_named(words, call):
    with pytest.raises(GeometryError, match=words):
        call()


def test_complex_numbers_are_points_wherever_lines_are_taken():
    ring = np.exp(2j * np.pi * np.arange(6) / 6) * 9
    pairs = np.column_stack((ring.real, ring.imag))
    for function in (
        Lines.of,
        lambda line: Lines.of([line, line]),
        lambda line: hatch(line, 1.0),
        lambda line: inset_rings(line, 2.0),
        lambda line: parallel(line, 1.0),
        lambda line: clip_to_polygon([line], SQUARE),
        lambda line: clip_to_polygon([SQUARE], line),
        lambda line: Lines.of(simplify(line)),
        lambda line: Lines.of(rounded(line)),
    ):
        assert np.array_equal(function(ring).points, function(pairs).points)
    assert Nearest(ring).query(pairs)[0].max() == 0.0


@pytest.mark.parametrize(
    "polygon",
    [
        [], [(0, 0), (5, 5), (10, 10)], [(0, 0), (9, 0), (3, 0)], [(1, 1)] * 4,
        [(0, 0), (1e-9, 0), (0, 1e-9)], shapely.LineString(SQUARE), shapely.Polygon(),
    ],
)  # fmt: skip
def test_an_area_of_nothing_has_no_filling(polygon):
    assert len(inset_rings(polygon, 1.0)) == 0
    for style in ("lines", "cross", "concentric"):
        assert len(hatch(polygon, 1.0, style=style)) == 0
    assert coats(NOTHING).shape == (0,)


def test_what_is_no_area_in_a_collection_counts_for_nothing():
    stroke = shapely.box(0, 0, 50, 4)
    among = shapely.GeometryCollection([stroke, shapely.Point(90, 90), shapely.LineString(SQUARE)])
    for function in (lambda area: hatch(area, 1), lambda area: inset_rings(area, 1)):
        assert np.array_equal(function(among).points, function(stroke).points)
