"""A photograph in a few pens: what the eye mixes from their lines is near the photograph."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from drawscape.drawing.paper import Frame
from drawscape.geometry.lines import Floats
from drawscape.geometry.resample import resample
from drawscape.plot import Concern, preflight
from drawscape.plot.export.png import to_png
from drawscape.sketches import draw
from drawscape.sketches.tone import Tone, linear, pixels_of, separate

PX_PER_MM = 5.0
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(light: Floats) -> Floats:
    """Return CIE L*a*b* of linear sRGB under D65."""
    xyz = light @ XYZ.T / (0.9505, 1.0, 1.089)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])],
        axis=-1,
    )


def difference(one: Floats, other: Floats) -> Floats:
    """Return CIEDE2000 of two pictures in L*a*b* (Sharma, Wu and Dalal, 2005)."""
    l1, a1, b1 = np.moveaxis(one, -1, 0)
    l2, a2, b2 = np.moveaxis(other, -1, 0)
    mean7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    g = 1.5 - 0.5 * np.sqrt(mean7 / (mean7 + 25**7))
    c1, c2 = np.hypot(g * a1, b1), np.hypot(g * a2, b2)
    h1, h2 = (np.arctan2(b, g * a) % (2 * np.pi) for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + np.pi) % (2 * np.pi) - np.pi
    dl, dc, dh = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(turn / 2)
    ml, mc, mh = (l1 + l2) / 2, (c1 + c2) / 2, h1 + turn / 2
    t = (
        1 - 0.17 * np.cos(mh - np.pi / 6) + 0.24 * np.cos(2 * mh)
        + 0.32 * np.cos(3 * mh + np.pi / 30) - 0.2 * np.cos(4 * mh - 63 * np.pi / 180)
    )  # fmt: skip
    sl = 1 + 0.015 * (ml - 50) ** 2 / np.sqrt(20 + (ml - 50) ** 2)
    sc, sh = 1 + 0.045 * mc, 1 + 0.015 * mc * t
    degrees = np.degrees(mh) % 360
    turned = 60 * np.exp(-(((degrees - 275) / 25) ** 2))
    rt = -2 * np.sqrt(mc**7 / (mc**7 + 25**7)) * np.sin(np.radians(turned))
    return np.asarray(
        np.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rt * dc / sc * dh / sh)
    )


def compared(width: float, height: float, **values: object) -> tuple[Floats, int]:
    """Return the difference of drawing and photograph all over the picture, and its wet spots."""
    document = draw("four_pens", width, height, margin=0, **values).document()
    png = Image.open(io.BytesIO(to_png(document, dpi=PX_PER_MM * 25.4)))
    light = linear(np.asarray(png.convert("RGB"), dtype=np.float64) / 255)
    frame = Frame(0, 7.5, width, height - 7.5)
    pixels = linear(pixels_of(None, "fruit"))
    pitch = max(frame.width / pixels.shape[1], frame.height / pixels.shape[0])
    x0 = frame.cx - pixels.shape[1] * pitch / 2
    y0 = frame.cy - pixels.shape[0] * pitch / 2
    rows, columns = light.shape[:2]
    x, y = (np.arange(columns) + 0.5) / PX_PER_MM, (np.arange(rows) + 0.5) / PX_PER_MM
    places = np.stack(np.meshgrid(x, y), axis=-1)
    wanted = np.stack([Tone(pixels[..., k], x0, y0, pitch).at(places) for k in range(3)], axis=-1)
    # At arm's length the eye blurs a millimetre.
    both = [gaussian_filter(picture, (PX_PER_MM, PX_PER_MM, 0)) for picture in (light, wanted)]
    inside = (
        np.abs(places - (frame.cx, frame.cy)) < (frame.width / 2 - 3, frame.height / 2 - 3)
    ).all(-1)
    wet = sum(one.concern is Concern.WET for one in preflight(document))
    return difference(lab(both[0]), lab(both[1]))[inside], wet


def test_grey_is_half_covered_by_black_and_a_limit_holds() -> None:
    grey = np.full((2, 2, 3), 0.5)
    assert separate(grey, ["black"], paper="white", black=1.0)[0, 0, 0] == pytest.approx(
        0.786, abs=0.01
    )
    dark = np.zeros((2, 2, 3))
    parts = separate(dark, ["#0090cf", "#d3147a", "#f2d500", "#1b1b1b"], limit=1.5)
    assert parts.sum(axis=0).max() <= 1.5 + 1e-9


def test_colors_that_the_standard_tells_apart_have_the_difference_that_it_names() -> None:
    one, other = np.array([[50, 2.6772, -79.7751]]), np.array([[50, 0, -82.7485]])
    assert difference(one, other)[0] == pytest.approx(2.0425, abs=1e-3)


@pytest.mark.nightly
def test_four_pens_mix_to_the_photograph() -> None:
    off, wet = compared(105, 148)
    assert off.mean() < 15
    assert wet == 0


def test_the_sketch_draws_less_ink_where_its_limit_is_low() -> None:
    few, many = (
        sum(lines.lengths_mm.sum() for _, lines in draw("four_pens", 60, 80, ink_limit=n).layers())
        for n in (0.8, 2.4)
    )
    assert 0 < few < 0.8 * many


@pytest.mark.parametrize(
    "screen", ["squiggles", "spiral_halftone", "tone_hatching", "hilbert", "stippling"]
)
def test_other_sketches_draw_each_pen_s_part(screen: str) -> None:
    svg = draw("four_pens", 60, 80, screen=screen, pens=3)
    layers = svg.layers()
    assert [pen.name for pen, _ in layers] == ["pen 1", "pen 2", "pen 3"]
    marks = layers[0][1].points[:8]
    assert all(np.array_equal(lines.points[:8], marks) for _, lines in layers)
    # The wall, above, is blue; the table is not: cyan lies above, more than magenta and yellow.
    ink = [resample(lines, 0.2).points[:, 1] for _, lines in layers]
    shares = [float(np.mean(y < svg.frame.cy - 8)) for y in ink]
    assert shares[0] > max(shares[1:])


@pytest.mark.nightly
@pytest.mark.parametrize("limit", [1.2, 1.8, 2.4])
@pytest.mark.parametrize("pens", ["as designed", "#23304a, #c4472d, #d9a23b"])
@pytest.mark.parametrize("pen_mm", [0.3, 0.5])
def test_any_pens_come_near_the_photograph(limit: float, pens: str, pen_mm: float) -> None:
    count = 4 if pens == "as designed" else 3
    off, wet = compared(210, 297, ink_limit=limit, palette=pens, pens=count, pen_mm=pen_mm)
    assert off.mean() < 25
    assert wet == 0
