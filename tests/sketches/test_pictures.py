"""Sketches of photographs, in one pen or several."""

import numpy as np
import pytest
from benchmarks.bench_tone import off_by, printed
from PIL import Image
from scipy.spatial import cKDTree

from drawscape.errors import ForbiddenPathError, PictureError
from drawscape.geometry.lines import resample
from drawscape.geometry.tour import tours
from drawscape.geometry.voronoi import relax
from drawscape.plot import Concern, preflight
from drawscape.recipe.provenance import digest_of
from drawscape.sketches import SKETCHES, as_sketch, draw
from drawscape.sketches.tone import separate, tone_over
from drawscape.svg_builder import Frame

PICTURES = [*SKETCHES.families()["pictures"], "stippling"]
EVENED = {"stippling": {"rounds": 2, "dots": 3000}}


def test_tours_visit_every_point_once_and_are_ever_shorter():
    scattered = np.random.default_rng(0).uniform(0, 100, (800, 2))
    points = relax(scattered, (0, 0, 100, 100), iterations=2)
    lengths = []
    for order in tours(points, 100):
        assert sorted(order.tolist()) == list(range(800))
        lengths.append(np.hypot(*(np.roll(points[order], -1, axis=0) - points[order]).T).sum())
    assert lengths == sorted(lengths, reverse=True)
    # A shortest tour through n random points of an area a is about 0.7124 sqrt(n a) long.
    assert lengths[-1] < 1.35 * 0.7124 * np.sqrt(800 * 100 * 100)


@pytest.fixture
def home(home):
    """A home with one picture: black left, white right."""
    halves = np.zeros((40, 60), dtype=np.uint8)
    halves[:, 30:] = 255
    Image.fromarray(halves).save(home / "halves.png")
    return home


def gap_in(points, x):
    """Return the mean distance in mm of paper from ink in a square of 20 mm."""
    places = np.random.default_rng(1).uniform((x, 35), (x + 20, 55), (4000, 2))
    return cKDTree(points).query(places)[0].mean()


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_drawn_dark_where_it_is_dark_and_by_light_inks_where_it_is_light(name, home):
    for palette in ("as designed", "gel on black"):
        svg = draw(name, 50, 50, picture="halves.png", palette=palette, **EVENED.get(name, {}))
        steps = np.hypot(*np.diff(svg.lines().points, axis=0).T)
        middle = (svg.lines().points[1:] + svg.lines().points[:-1])[:, 0] / 2
        ink = [steps[(middle < 25) & (steps < 20)].sum(), steps[(middle > 25) & (steps < 20)].sum()]
        assert max(ink) > 1.4 * min(ink)
        assert (ink[0] > ink[1]) == (palette == "as designed")


def test_a_picture_covers_the_frame_or_is_shown_whole(home):
    frame = Frame(0, 0, 60, 60)
    x0, y0, x1, y1 = tone_over(frame, "halves.png", "cover", 0.0).box
    assert (x0, y0, x1, y1) == pytest.approx((0, 0, 60, 60), abs=1.6)
    x0, y0, x1, y1 = tone_over(frame, "halves.png", "contain", 0.0).box
    assert (x0, y0, x1, y1) == pytest.approx((0, 10, 60, 50))


def test_transparent_parts_of_a_picture_are_paper(home):
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(home / "clear.png")
    tone = tone_over(Frame(0, 0, 60, 60), "clear.png", "cover", 0.0)
    assert tone.dark.max() == 0.0


def test_a_sketch_of_ones_own_samples_a_picture_and_its_recipe_remembers_the_file(home):
    def dots(svg, rng):
        points = rng.uniform(0, 60, (400, 2))
        for x, y in points[tone_over(svg.frame, "halves.png").at(points) > 0.5]:
            svg.point(x, y)

    svg = draw(as_sketch(dots), 60, 60)
    assert 100 < len(svg.lines()) < 300
    assert svg.lines().points[:, 0].max() < 31
    assert svg.provenance["reads"] == {"halves.png": digest_of((home / "halves.png").read_bytes())}
    assert "volatile" not in svg.provenance


def test_tone_is_given_for_points_of_any_kind_and_beyond_the_edge(home):
    tone = tone_over(Frame(0, 0, 60, 40), "halves.png", fit="contain")
    assert tone.at((10, 20)) == pytest.approx(1.0)
    assert tone.at([[[10, 20], [50, 20]]]).tolist() == [[1.0, 0.0]]
    assert tone.at([[-100, 20], [1000, -5]]) == pytest.approx([1.0, 0.0], abs=1e-3)


def test_clarity_strengthens_what_stands_out_and_leaves_broad_shades(home):
    slope = np.tile(np.linspace(60, 200, 200), (200, 1))
    slope[80:120:8] += 20  # faint ribs on a wall that darkens to the left
    Image.fromarray(slope.astype(np.uint8)).save(home / "ribs.png")
    frame = Frame(0, 0, 100, 100)
    plain, clear = (tone_over(frame, "ribs.png", clarity=much).dark for much in (0, 0.8))
    walls, ribs = ([abs(dark[20, 160] - dark[20, 40]), abs(dark[96, 100] - dark[100, 100])]
                   for dark in (plain, clear))  # fmt: skip
    assert 0.8 < ribs[0] / walls[0] < 1.25
    assert ribs[1] > 1.6 * walls[1]
    light = np.random.default_rng(1).triangular(150, 250, 250, (200, 200))  # skin, with grain
    Image.fromarray(light.astype(np.uint8)).save(home / "skin.png")
    means = [tone_over(frame, "skin.png", clarity=much).dark.mean() for much in (0, 1)]
    assert means[1] == pytest.approx(means[0], abs=0.05)


SCREENS = ["tone_hatching", "squiggles", "spiral_halftone", "stippling"]


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.parametrize("finer", [False, pytest.param(True, marks=pytest.mark.nightly)])
def test_a_grey_is_printed_as_dark_as_it_is_in_the_focus_too(name, finer, home):
    # A spiral that never lifts covers a third of the paper where its turns are fine.
    for dark in (0.4,) if finer and name == "spiral_halftone" else (0.2, 0.4):
        Image.new("L", (60, 60), round(255 * (1 - dark))).save(home / "grey.png")
        focus = (0.0, 0.0, float(finer), float(finer))
        given = {"contrast": 0.0, "margin": 10, "focus": focus, **EVENED.get(name, {})}
        svg = draw(name, 90, 90, picture="grey.png", **given)
        ink = printed(svg.document(), Frame(18, 18, 72, 72))
        assert ink == pytest.approx(dark, abs=0.06)


@pytest.mark.parametrize(
    "name",
    [
        *SCREENS[:3],
        *(pytest.param(n, marks=pytest.mark.nightly) for n in ("stippling", "portrait")),
    ],
)
def test_the_focus_has_finer_lines(name, home):
    Image.new("L", (60, 60), 150).save(home / "grey.png")
    given = {"picture": "grey.png", "contrast": 0.0, **EVENED.get(name, {})}
    (left, right), (same, finer) = (
        [gap_in(resample(draw(name, 90, 90, **each).lines(), 0.2).points, x) for x in (20, 55)]
        for each in (given, given | {"focus": (0.5, 0.0, 1.0, 1.0)})
    )
    assert finer < 0.99 * right
    assert same > 0.9 * left


def test_a_picture_outside_the_home_is_not_read(home):
    with pytest.raises(ForbiddenPathError):
        draw("squiggles", 60, 60, picture="/etc/passwd")


def test_a_file_that_is_no_picture_and_a_huge_one_are_named_before_they_are_unpacked(home):
    for content in (b"", b"no picture", b"\x89PNG\r\n\x1a\n broken"):
        (home / "odd.png").write_bytes(content)
        with pytest.raises(PictureError, match=r"odd\.png"):
            draw("squiggles", 60, 60, picture="odd.png")
    Image.new("1", (9000, 9000)).save(home / "huge.png")
    with pytest.raises(PictureError, match="9000 x 9000"):
        draw("squiggles", 60, 60, picture="huge.png")


def compared(width, height, **values):
    """Return the mean CIEDE2000 of drawing and photograph, and the wet spots."""
    document = draw("four_pens", width, height, margin=0, **values).document()
    off, _ = off_by(document, Frame(0, 7.5, width, height - 7.5), None)
    return off, sum(one.concern is Concern.WET for one in preflight(document))


def test_light_greys_are_mixed_without_black_and_darks_with_it():
    pens = ["#0090cf", "#d3147a", "#f2d500", "#1b1b1b"]
    *colors, black = separate(np.array([[[0.85, 0.7, 0.6], [0.2, 0.2, 0.2]]]), pens)
    assert black[0, 0] == 0 < 0.3 < black[0, 1]
    assert max(part[0, 0] for part in colors) > 0.1


def test_grey_is_half_covered_by_black_and_a_limit_holds():
    (grey,) = separate(np.full((2, 2, 3), 0.5), ["black"], paper="white", black=1.0)
    assert grey[0, 0] == pytest.approx(0.786, abs=0.01)
    pens = ["#0090cf", "#d3147a", "#f2d500", "#1b1b1b"]
    assert separate(np.zeros((2, 2, 3)), pens, limit=1.5).sum(axis=0).max() <= 1.5 + 1e-9


@pytest.mark.nightly
@pytest.mark.parametrize("limit", [1.2, 1.8, 2.4])
@pytest.mark.parametrize("pens", ["as designed", "#23304a, #c4472d, #d9a23b"])
@pytest.mark.parametrize("pen_mm", [0.3, 0.5])
def test_any_pens_come_near_the_photograph(limit, pens, pen_mm):
    count = 4 if pens == "as designed" else 3
    off, wet = compared(210, 297, ink_limit=limit, palette=pens, pens=count, pen_mm=pen_mm)
    assert off < (10 if limit == 1.8 and count == 4 else 18)
    assert wet == 0
