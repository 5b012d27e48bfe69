"""What is particular to fields, packings, growth, solids and pictures."""

import subprocess
import sys
import warnings
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.spatial import cKDTree

from drawscape.errors import ForbiddenPathError, PictureError
from drawscape.geometry.lines import Lines
from drawscape.geometry.lloyd import relax
from drawscape.sketches import SKETCHES, as_sketch, draw
from drawscape.sketches.fields._cut import depth_in, keep_positive
from drawscape.sketches.growth._cluster import Cluster
from drawscape.sketches.growth._colony import Colony
from drawscape.sketches.growth._twigs import chains, relaxed, subtree_sizes
from drawscape.sketches.inputs import digest_of
from drawscape.sketches.packing._stipple import stippled
from drawscape.sketches.pictures import _shell
from drawscape.sketches.pictures._tour import tours
from drawscape.sketches.tone import tone_over
from drawscape.svg_builder import Frame, SVGBuilder

PICTURES = [name for name in SKETCHES if SKETCHES.family_of(name) == "pictures"]
REPORTING: dict[str, dict[str, Any]] = {
    "dla": {"particles": 300},
    "differential_growth": {"nodes": 500},
    "implicit": {"slices": 40, "body": "cage"},
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
    rows = draw("ridgelines", 100, 140, seed=4, rows=30, likeness=0.0).lines()
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
    stream, stones = pen(svg, "pen 1"), pen(svg, "pen 2")
    assert len(stones) > 2
    for stone in stones:
        middle = (stone.min(axis=0) + stone.max(axis=0)) / 2
        radius = np.ptp(stone[:, 0]) / 2
        assert np.hypot(*(stream.points - middle).T).min() > radius - 0.05


def test_a_plate_shows_the_lines_on_which_it_is_still() -> None:
    svg = draw(
        "chladni", 100, 100, margin=0, columns=1, lowest=3, highest=4, grains=1, border=False
    )
    x, y = svg.lines().points.T / 100 * np.pi
    still = [
        np.abs(np.cos(m * x) * np.cos(n * y) + sign * np.cos(n * x) * np.cos(m * y)).max()
        for n in (3, 4)
        for m in range(n)
        for sign in (1, -1)
    ]
    assert min(still) < 0.02


def test_water_is_drawn_only_where_there_is_a_sea() -> None:
    dry = {pen.name for pen, _ in draw("isolines", 80, 80, sea=0.0).layers()}
    assert dry == {"contours", "index contours"}
    assert len(pen(draw("isolines", 80, 80, sea=0.5), "water")) > 0


# Packing


def test_packed_circles_do_not_overlap() -> None:
    rings = draw("circle_packing", 120, 120, fill="empty", gap=0.5, accent=0.0).lines()
    low = np.array([ring.min(axis=0) for ring in rings])
    high = np.array([ring.max(axis=0) for ring in rings])
    centre, radius = (low + high) / 2, np.ptp(np.stack((low, high)), axis=0)[:, 0] / 2
    apart = np.hypot(*(centre[:, None] - centre[None]).transpose(2, 0, 1))
    room = apart - radius[:, None] - radius[None]
    np.fill_diagonal(room, np.inf)
    assert len(rings) > 50
    assert room.min() > 0.4


def test_florets_follow_the_golden_angle() -> None:
    plain = {"shape": "circle", "rings": 1, "arms": 0, "growth": 0.5, "overlap": False}
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
    svg = draw("delaunay", 120, 90, facet="whirl", accent=0.0)
    assert depth_in(svg.frame, svg.lines().points).min() > -1e-9


# Growth


@pytest.mark.parametrize("seedbed", ["point", "ground", "ring"])
def test_each_particle_touches_its_parent(seedbed: Any) -> None:
    cluster = Cluster(np.random.default_rng(3), seedbed, 300, 30.0)
    for _ in cluster.grow(1.0, 14.0 if seedbed == "ring" else 1e9):
        pass
    child = np.flatnonzero(cluster.parents >= 0)
    assert len(child) > 50
    step = np.hypot(*(cluster.places[child] - cluster.places[cluster.parents[child]]).T)
    assert np.allclose(step, 1.0)
    assert (cluster.parents[child] < child).all()


def test_a_colony_reaches_its_light() -> None:
    light = np.random.default_rng(2).uniform(0, 50, (300, 2))
    colony = Colony(
        light,
        np.array([[25.0, 50.0]]),
        step=1.0,
        influence=12.0,
        reach=2.5,
        heading=np.zeros(2),
    )
    progress = list(colony.grow(500, 5000))
    assert progress == sorted(progress)
    assert cKDTree(colony.nodes).query(light)[0].max() < 4.0


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
    assert svg.lines().lengths_mm.sum() > 500


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
    land, sun = pen(svg, "pen 1"), pen(svg, "pen 3")
    columns, place = np.unique(land.points[:, 0].round(6), return_inverse=True)
    top = np.full(len(columns), np.inf)
    np.minimum.at(top, place, land.points[:, 1])
    assert (sun.points[:, 1] < np.interp(sun.points[:, 0], columns, top) + 0.5).all()


def test_towers_hide_what_stands_behind_them() -> None:
    few = draw("skyline", 100, 140, density=0.2, setbacks=0.0, moon=0.3, tallest=0.05)
    many = draw("skyline", 100, 140, density=1.0, setbacks=0.0, moon=0.3, tallest=0.6)
    assert pen(few, "pen 2").lengths_mm.sum() > pen(many, "pen 2").lengths_mm.sum() > 0


def test_only_a_cut_solid_shows_faces() -> None:
    whole = draw("implicit", 60, 60, body="cage", slices=24)
    assert [pen.name for pen, _ in whole.layers()] == ["pen 1", "shadow"]
    cut = draw("implicit", 60, 60, body="cage", slices=24, cut=True, shadow=False)
    assert [pen.name for pen, _ in cut.layers()] == ["pen 1", "cut"]


# Pictures


def test_the_picture_that_ships_is_what_its_script_makes() -> None:
    with resources.files("drawscape.sketches.pictures").joinpath("_shell.npz").open("rb") as file:
        shipped = np.load(file)["picture"]
    assert shipped.dtype == np.uint8
    off = np.abs(shipped.astype(int) - _shell.shell().astype(int))
    assert off.max() <= 2  # another processor's last digits


def test_tours_visit_every_point_once_and_are_ever_shorter() -> None:
    points = relax(
        np.random.default_rng(0).uniform(0, 100, (800, 2)), (0, 0, 100, 100), iterations=2
    )
    lengths = []
    for order in tours(points, 100):
        assert sorted(order.tolist()) == list(range(800))
        lengths.append(np.hypot(*(np.roll(points[order], -1, axis=0) - points[order]).T).sum())
    assert lengths == sorted(lengths, reverse=True)
    # A shortest tour through n random points of an area a is about 0.7124 sqrt(n a) long.
    assert lengths[-1] < 1.35 * 0.7124 * np.sqrt(800 * 100 * 100)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose files may be read, with one picture: black left, white right."""
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    monkeypatch.delenv("DRAWSCAPE_DATA_DIRS", raising=False)
    halves = np.zeros((40, 60), dtype=np.uint8)
    halves[:, 30:] = 255
    Image.fromarray(halves).save(tmp_path / "halves.png")
    return tmp_path


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_ones_own_is_drawn_dark_where_it_is_dark(name: str, home: Path) -> None:
    svg = draw(name, 60, 60, picture="halves.png")
    steps = np.hypot(*np.diff(svg.lines().points, axis=0).T)
    middle = (svg.lines().points[1:] + svg.lines().points[:-1])[:, 0] / 2
    ink = [steps[(middle < 30) & (steps < 20)].sum(), steps[(middle > 30) & (steps < 20)].sum()]
    assert ink[0] > 1.4 * ink[1]


def test_a_picture_covers_the_frame_or_is_shown_whole(home: Path) -> None:
    frame = Frame(0, 0, 60, 60)
    x0, y0, x1, y1 = tone_over(frame, "halves.png", "cover", 0.0).box
    assert (x0, y0, x1, y1) == pytest.approx((0, 0, 60, 60), abs=1.6)
    x0, y0, x1, y1 = tone_over(frame, "halves.png", "contain", 0.0).box
    assert (x0, y0, x1, y1) == pytest.approx((0, 10, 60, 50))


def test_transparent_parts_of_a_picture_are_paper(home: Path) -> None:
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(home / "clear.png")
    tone = tone_over(Frame(0, 0, 60, 60), "clear.png", "cover", 0.0)
    assert tone.dark.max() == 0.0


def test_a_sketch_of_ones_own_samples_a_picture_and_its_recipe_remembers_the_file(
    home: Path,
) -> None:
    def dots(svg: SVGBuilder, rng: np.random.Generator) -> None:
        points = rng.uniform(0, 60, (400, 2))
        for x, y in points[tone_over(svg.frame, "halves.png").at(points) > 0.5]:
            svg.point(x, y)

    svg = draw(as_sketch(dots), 60, 60)
    assert 100 < len(svg.lines()) < 300
    assert svg.lines().points[:, 0].max() < 31
    assert svg.provenance["reads"] == {"halves.png": digest_of((home / "halves.png").read_bytes())}
    assert "volatile" not in svg.provenance


def test_tone_is_given_for_points_of_any_kind_and_beyond_the_edge(home: Path) -> None:
    tone = tone_over(Frame(0, 0, 60, 40), "halves.png", fit="contain")
    assert tone.at((10, 20)) == pytest.approx(1.0)
    assert tone.at([[[10, 20], [50, 20]]]).tolist() == [[1.0, 0.0]]
    assert tone.at([[-100, 20], [1000, -5]]) == pytest.approx([1.0, 0.0], abs=1e-3)


def test_a_picture_outside_the_home_is_not_read(home: Path) -> None:
    with pytest.raises(ForbiddenPathError):
        draw("squiggles", 60, 60, picture="/etc/passwd")


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n broken"])
def test_a_file_that_is_no_picture_is_named_in_the_error(home: Path, content: bytes) -> None:
    (home / "odd.png").write_bytes(content)
    with pytest.raises(PictureError, match=r"odd\.png"):
        draw("squiggles", 60, 60, picture="odd.png")


def test_a_huge_picture_is_refused_before_it_is_unpacked(home: Path) -> None:
    Image.new("1", (9000, 9000)).save(home / "huge.png")
    with pytest.raises(PictureError, match="9000 x 9000"):
        draw("squiggles", 60, 60, picture="huge.png")


def test_without_pillow_the_own_picture_is_drawn_and_others_name_the_extra(home: Path) -> None:
    code = (
        "import sys; sys.modules['PIL'] = None\n"
        "from drawscape.errors import MissingExtraError\n"
        "from drawscape.sketches import draw\n"
        "assert len(draw('squiggles', 60, 60).lines())\n"
        "try: draw('squiggles', 60, 60, picture='halves.png')\n"
        "except MissingExtraError as error: print(error)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert "drawscape[png]" in ran.stdout
