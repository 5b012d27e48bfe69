"""Sketches of a picture: the one that ships, or one's own."""

import subprocess
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from drawscape.errors import ForbiddenPathError, PictureError
from drawscape.geometry.voronoi import relax
from drawscape.recipe.drawing import digest_of
from drawscape.sketches import SKETCHES, as_sketch, draw
from drawscape.sketches.pictures._photographs import shell
from drawscape.sketches.pictures._tour import tours
from drawscape.sketches.tone import tone_over
from drawscape.svg_builder import Frame, SVGBuilder

PICTURES = [name for name in SKETCHES if SKETCHES.family_of(name) == "pictures"]


def test_the_picture_that_ships_is_what_its_script_makes() -> None:
    with resources.files("drawscape.sketches.pictures").joinpath("_shell.npz").open("rb") as file:
        shipped = np.load(file)["picture"]
    assert shipped.dtype == np.uint8
    off = np.abs(shipped.astype(int) - shell().astype(int))
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
