"""What is particular to fields, packings, growth, solids and pictures."""

import warnings
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.spatial import cKDTree

from drawscape.geometry.lines import Lines
from drawscape.geometry.regions import depth_in
from drawscape.geometry.thinning import keep_positive
from drawscape.geometry.voronoi import stippled
from drawscape.sketches import draw
from drawscape.sketches.growth._twigs import chains, relaxed, subtree_sizes
from drawscape.svg_builder import Frame, SVGBuilder

REPORTING: dict[str, dict[str, Any]] = {
    "dla": {"particles": 300},
    "differential_growth": {"nodes": 500},
    "implicit": {"slices": 40, "body": "gyroid"},
    "reaction_diffusion": {"detail": 60, "steps": 800},
    "space_colonization": {"buds": 300, "roots": False},
    "stippling": {"dots": 500},
    "tsp_picture": {"cities": 300},
}
"""Sketches that take long at their defaults, and what makes them quick."""


def pen(svg: SVGBuilder, name: str) -> Lines:
    return {found.name: lines for found, lines in svg.layers()}[name]


# Cutting


def test_a_line_is_cut_where_its_value_is_zero() -> None:
    line = Lines.of([[[0, 0], [4, 0], [8, 0]]])
    (left, right) = keep_positive(line, [1.0, -1.0, 3.0])
    assert left.tolist() == [[0, 0], [2, 0]]
    assert right.tolist() == [[5, 0], [8, 0]]


def test_cutting_never_joins_two_lines() -> None:
    lines = Lines.of([[[0, 0], [1, 0]], [[1, 0], [2, 0]], [[5, 5], [6, 6]]])
    assert len(keep_positive(lines, np.ones(6))) == 3
    assert len(keep_positive(lines, [1, 1, -1, -1, 1, 1])) == 2
    assert len(keep_positive(lines, -np.ones(6))) == 0
    assert len(keep_positive(Lines.empty(), np.empty(0))) == 0


def test_depth_in_a_frame_is_the_distance_to_its_nearest_side() -> None:
    frame = Frame(10, 10, 50, 90)
    points = np.array([[12, 40], [30, 89], [0, 40], [30, 50]])
    assert depth_in(frame, points).tolist() == [2, 1, -10, 20]


# Fields


def test_ridgelines_never_cross_when_the_far_ones_are_hidden() -> None:
    rows = draw("ridgelines", 100, 140, seed=4, rows=30, likeness=0.0, crests=1.0).lines()
    columns: dict[float, list[tuple[int, float]]] = {}
    for row, line in enumerate(rows):
        for x, y in line:
            columns.setdefault(round(float(x), 6), []).append((row, float(y)))
    # Lines are in order from near to far: at each column the farther one lies higher.
    for stack in columns.values():
        heights = [y for _, y in stack]
        assert all(far <= near + 1e-9 for near, far in pairwise(heights))


def test_flow_lines_keep_apart() -> None:
    lines = draw("flow_field", 90, 90, spacing=2.0, moon=0.0).lines()
    owner = np.repeat(np.arange(len(lines)), lines.counts)
    pairs = cKDTree(lines.points).query_pairs(0.6, output_type="ndarray")
    assert (owner[pairs[:, 0]] == owner[pairs[:, 1]]).all()


def test_the_current_parts_around_every_stone() -> None:
    svg = draw("curl_noise", 120, 160, seed=2, rings=1)
    stream, stones = pen(svg, "stream"), pen(svg, "pen 2")
    assert len(stones) > 2
    for stone in stones:
        middle = (stone.min(axis=0) + stone.max(axis=0)) / 2
        radius = np.ptp(stone[:, 0]) / 2
        assert np.hypot(*(stream.points - middle).T).min() > radius - 0.05


def test_sand_lies_on_few_parts_of_the_plate() -> None:
    sand = pen(draw("chladni", 100, 100, grains=6000, pitch=5), "sand").starts
    across = np.histogram2d(*sand.T, bins=25)[0].ravel()
    assert np.sort(across)[-125:].sum() > 0.4 * len(sand)  # a fifth of it holds two fifths


def test_water_is_drawn_only_where_there_is_a_sea() -> None:
    dry = {pen.name for pen, _ in draw("isolines", 80, 80, sea=0.0).layers()}
    assert dry == {"contours", "index contours"}
    assert len(pen(draw("isolines", 80, 80, sea=0.5), "water")) > 0


# Packing


def test_packed_circles_do_not_overlap() -> None:
    rings = draw("circle_packing", 120, 120, fill="empty", gap=0.5).lines()
    low = np.array([ring.min(axis=0) for ring in rings])
    high = np.array([ring.max(axis=0) for ring in rings])
    centre, radius = (low + high) / 2, np.ptp(np.stack((low, high)), axis=0)[:, 0] / 2
    apart = np.hypot(*(centre[:, None] - centre[None]).transpose(2, 0, 1))
    room = apart - radius[:, None] - radius[None]
    np.fill_diagonal(room, np.inf)
    assert len(rings) > 50
    assert room.min() > 0.4


def test_florets_follow_the_golden_angle() -> None:
    plain = {"shape": "circle", "rings": 1, "heart": 0, "growth": 0.5}
    plain |= {"overlap": False, "fill": False}
    svg = draw("phyllotaxis", 200, 200, florets=200, **plain)
    florets = np.array([line[:-1].mean(axis=0) for line in svg.lines()]) - 100
    turn = np.degrees(np.diff(np.unwrap(np.arctan2(florets[:, 1], florets[:, 0])))) % 360
    assert np.allclose(turn, 137.508, atol=0.01)


def test_inner_florets_hide_what_lies_behind_them() -> None:
    whole = draw("phyllotaxis", 120, 120, size=2.0, overlap=False).lines().lengths_mm.sum()
    seen = draw("phyllotaxis", 120, 120, size=2.0, overlap=True).lines().lengths_mm.sum()
    assert 0.1 * whole < seen < 0.6 * whole


def test_stipples_are_dense_where_it_is_dark() -> None:
    dark = np.full((40, 40), 0.1)
    dark[:, 20:] = 0.9
    points = np.empty((0, 2))
    for _, moved in stippled(np.random.default_rng(1), dark, (0, 0, 40, 40), 600, 4):
        points = moved
    assert 500 <= (points[:, 0] > 20).sum() <= 570
    nearest = cKDTree(points).query(points, k=2)[0][:, 1]
    assert nearest.min() > 0.3


@pytest.mark.parametrize("name", ["stippling", "delaunay", "chladni", "skyline"])
def test_a_long_strip_is_filled_like_any_page(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svg = draw(name, 40, 300)
    assert depth_in(svg.frame, svg.lines().points).min() > -1e-6
    assert np.ptp(svg.lines().points[:, 1]) > 200


def test_triangles_turn_inwards_and_stay_within_the_frame() -> None:
    svg = draw("delaunay", 120, 90, accent=0.0)
    assert depth_in(svg.frame, svg.lines().points).min() > -1e-9


# Growth


def test_each_particle_touches_its_parent() -> None:
    lines = draw("dla", 200, 200, particles=300, margin=0).lines()
    steps = np.hypot(*np.diff(lines.points, axis=0).T)
    within = np.delete(steps, lines.offsets[1:-1] - 1)
    # All alike, but for the smoothing, in diameters of a particle.
    assert np.quantile(within, 0.9) < 1.6 * np.median(within)


def test_pipes_of_a_tree_and_its_roots_meet_on_the_ground() -> None:
    svg = draw("space_colonization", 120, 160, buds=400)
    foot = np.array([svg.frame.cx, svg.frame.y1 - 0.15 * svg.frame.height])
    for name in ("pen 1", "pen 2"):
        away = np.abs(pen(svg, name).ends - foot) / svg.frame.short
        assert (away < (0.05, 0.02)).all(axis=1).sum() >= 10


def test_chains_hold_every_node_once_beside_their_forks() -> None:
    parents = np.array([-1, 0, 1, 1, 3, 0, 5])
    sizes = subtree_sizes(parents)
    assert sizes.tolist() == [7, 4, 1, 2, 1, 2, 1]
    found = chains(parents, sizes)
    assert found == [[0, 1, 3, 4], [1, 2], [0, 5, 6]]


def test_smoothing_a_tree_keeps_roots_and_tips() -> None:
    parents = np.array([-1, 0, 1, 2])
    places = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, -1.0], [3.0, 0.0]])
    smooth = relaxed(places, parents, 4)
    assert smooth[[0, 3]].tolist() == places[[0, 3]].tolist()
    assert abs(smooth[1:3, 1]).max() < 0.6
    assert places[1].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("kind", ["coral", "maze", "worms", "spots", "holes"])
def test_no_reaction_dies_out(kind: str) -> None:
    svg = draw("reaction_diffusion", 60, 60, seed=5, kind=kind, detail=60, steps=900, change=1.0)
    assert svg.lines().lengths_mm.sum() > 400


@pytest.mark.parametrize("name", REPORTING)
def test_a_long_sketch_reports_how_far_it_is(name: str) -> None:
    reported: list[float] = []
    draw(name, 60, 60, on_progress=lambda done, svg: reported.append(done), **REPORTING[name])
    assert len(reported) >= 3
    assert reported == sorted(reported)
    assert reported[0] >= 0.0
    assert reported[-1] <= 1.0


# Solids


def test_the_sun_sets_behind_the_mountains() -> None:
    svg = draw("terrain", 120, 160, sea=0.0, mesh="rows")
    land, sun = pen(svg, "land"), pen(svg, "pen 3")
    columns, place = np.unique(land.points[:, 0].round(6), return_inverse=True)
    top = np.full(len(columns), np.inf)
    np.minimum.at(top, place, land.points[:, 1])
    assert (sun.points[:, 1] < np.interp(sun.points[:, 0], columns, top) + 0.5).all()


def test_towers_hide_what_stands_behind_them() -> None:
    few = draw("skyline", 100, 140, density=0.2, setbacks=0.0, moon=0.3, tallest=0.05)
    many = draw("skyline", 100, 140, density=1.0, setbacks=0.0, moon=0.3, tallest=0.6)
    assert pen(few, "pen 2").lengths_mm.sum() > pen(many, "pen 2").lengths_mm.sum() > 0


# Pictures
