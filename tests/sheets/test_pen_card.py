"""The test card of a pen: how long it takes, and what a picture or a person reads from it."""

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from photographs import Scene, photograph
from scipy.ndimage import gaussian_filter

from drawscape.cli.root import root
from drawscape.errors import PictureError, PlotError
from drawscape.machine.device import add_device
from drawscape.machine.plan import make_plan
from drawscape.pens import StoredPen, read_pen, save_pen
from drawscape.plot import read_machine
from drawscape.sheets.card_reading import PX_PER_MM, read_card
from drawscape.sheets.pen_card import (
    COMB_Y_MM,
    SPEED_X_MM,
    SPEEDS,
    comb_lines,
    pen_card,
    speed_y_mm,
)


def across(place, width, count):
    """Return how much of each pixel along one axis is under a line at a place."""
    middles = (np.arange(count) + 0.5) / PX_PER_MM
    return np.clip((width / 2 - np.abs(middles - place)) * PX_PER_MM + 0.5, 0, 1)


def emulated(width, *, ink=(30, 60, 140), coat=0.9, limit=5, gamma=2.2, blur_mm=0.06, seed=0):
    """Return a flattened photograph of a card whose pen has a hidden width and a hidden top speed."""
    rng = np.random.default_rng(seed)
    high, wide = round(60 * PX_PER_MM), round(90 * PX_PER_MM)
    light = np.ones((high, wide, 3)) * (0.9, 0.87, 0.8)
    through = 1 - coat * (1 - (np.array(ink) / 255) ** gamma)  # of the light, by one coat
    rows = slice(*(round(y * PX_PER_MM) for y in COMB_Y_MM))
    for x in np.concatenate(comb_lines()):
        under = across(x + rng.normal(0, 0.01), width * rng.uniform(0.94, 1.06), wide)
        light[rows] *= 1 - under[:, None] * (1 - through)
    for number in range(len(SPEEDS)):
        along = np.zeros(wide)
        first, last = (round(x * PX_PER_MM) for x in SPEED_X_MM)
        along[first:last] = 1.0
        if number > limit:  # it leaves gaps
            along[first:last] = np.repeat(rng.random((last - first) // 24) < 0.8, 24)
        under = across(speed_y_mm(number), width, high)[:, None] * along
        light *= 1 - under[..., None] * (1 - through)
    light = gaussian_filter(light, (blur_mm * PX_PER_MM, blur_mm * PX_PER_MM, 0))
    light *= np.linspace(0.6, 1.0, wide)[:, None]  # a lamp at the right
    seen = light ** (1 / gamma) + rng.normal(0, 0.012, light.shape)
    picture = np.uint8(np.clip(255 * seen, 0, 255))
    jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    return cv2.imdecode(jpeg, cv2.IMREAD_COLOR)


@pytest.mark.parametrize(
    ("width", "scene"),
    [
        (0.1, {"blur_mm": 0.05}),
        pytest.param(0.17, {"limit": 0, "ink": (20, 20, 25)}, marks=pytest.mark.nightly),
        pytest.param(0.3, {"limit": 2, "gamma": 1.8, "blur_mm": 0.1}, marks=pytest.mark.nightly),
        pytest.param(
            0.45, {"limit": 4, "ink": (200, 40, 30), "coat": 1.0}, marks=pytest.mark.nightly
        ),
        pytest.param(
            0.7, {"limit": 3, "ink": (240, 200, 20), "blur_mm": 0.12}, marks=pytest.mark.nightly
        ),
        pytest.param(
            1.2, {"limit": 1, "ink": (30, 120, 60), "coat": 0.8}, marks=pytest.mark.nightly
        ),
    ],
)
def test_a_picture_of_the_card_tells_width_speed_and_colour(width, scene):
    ink = scene.get("ink", (30, 60, 140))
    read = read_card(emulated(width, **scene))
    assert read.width_mm == pytest.approx(width, abs=0.03)
    assert read.speed == scene.get("limit", 5)
    gamma, coat = scene.get("gamma", 2.2), scene.get("coat", 0.9)
    seen = 255 * (1 - coat * (1 - (np.array(ink) / 255) ** gamma)) ** (1 / gamma)
    colour = [int(read.color[k : k + 2], 16) for k in (1, 3, 5)]
    assert np.abs(np.subtract(colour, seen)).max() < 30


def test_a_picture_without_combs_is_refused():
    with pytest.raises(PictureError, match="no ink where the card's combs are"):
        read_card(np.full((1440, 2160, 3), 230, np.uint8))


@pytest.mark.parametrize("name", ["axidraw-v3", "nextdraw-8511", "grbl", "marlin"])
def test_a_card_takes_less_than_four_minutes(home, name):
    save_pen(StoredPen(name="p", top_speed=20.0, drying_s=60.0))
    card = pen_card("p")
    assert (card.width_mm, card.height_mm) == (90, 60)
    assert make_plan(card, read_machine(name)).seconds.sum() < 240


def test_three_answers_fill_in_a_pen(home):
    add_device("desk", "ebb", "/dev/none")
    save_pen(StoredPen(name="p", top_speed=20.0))

    def read(typed):
        return CliRunner().invoke(root, ["pens", "read", "p"], input=typed)

    assert "no test card of 'p' has been plotted" in str(read("").exception)
    done = CliRunner().invoke(root, ["pens", "test", "p", "--on", "desk"])
    assert done.exit_code == 0, done.output
    assert "p: #ff0000, 0.35 mm, up to 39.8 mm/s" in read("4\nC\n#ff0000\n").output
    assert (read_pen("p").width_mm, read_pen("p").color) == (0.35, "#ff0000")
    assert "at any speed of this machine" in read("0\nf\nblack\n").output
    assert (read_pen("p").width_mm, read_pen("p").top_speed) == (0.075, None)
    assert isinstance(read("4\nC\nblau\n").exception, (PlotError, ValueError))


def test_a_photograph_of_the_plotted_card_fills_in_a_pen(home, tmp_path):
    """It is taken aslant, at 12 pixels a mm; the sheet is painted at 42 a mm."""
    add_device("desk", "ebb", "/dev/none")
    save_pen(StoredPen(name="p"))
    assert CliRunner().invoke(root, ["pens", "test", "p", "--on", "desk"]).exit_code == 0
    lines = pen_card("p").lines
    large = lines.with_points(3.0 * lines.points)
    scene = Scene(px_per_mm=4.0, turn=8.0, curl_mm=0.6, width_varies=0.05, seed=3)
    inks = [((29, 63, 143), 3 * 0.5)]
    pens = np.zeros(len(lines), dtype=int)
    photo = photograph(large, pens, np.array([270.0, 180.0]), inks, scene).save(tmp_path / "p.jpg")
    done = CliRunner().invoke(root, ["pens", "read", "p", "--photo", str(photo)])
    assert done.exit_code == 0, (done.output, done.exception)
    smooth_mm = 2.4 / 42  # by which OpenCV draws smooth lines wider
    assert read_pen("p").width_mm == pytest.approx(0.5 + smooth_mm, abs=0.03)
    assert "at any speed of this machine" in done.output
