"""How dark each screen prints flat greys, and how far four pens are from a photograph.

python tests/benchmarks/bench_tone.py               the part of the paper that is ink, by screen
python tests/benchmarks/bench_tone.py face.png ...  the mean CIEDE2000 of these pictures, and of skin
"""

import io
import os
import sys
import tempfile
from dataclasses import replace

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from drawscape.plot.png_export import to_png
from drawscape.sketches import draw
from drawscape.sketches.tone import laid, linear, pixels_of

SCREENS = ("tone_hatching", "squiggles", "spiral_halftone", "stippling", "portrait")
GREYS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
PX_PER_MM = 5.0
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def printed(document, area):
    """Return which part of `area` in mm is ink of any pen."""
    black = document.with_layers([replace(layer, color="black") for layer in document.layers])
    png = to_png(black, dpi=254, background="white")
    ink = 1 - np.asarray(Image.open(io.BytesIO(png)).convert("L"), dtype=np.float64) / 255
    x0, y0, x1, y1 = (round(10 * side) for side in area)
    return float(ink[y0:y1, x0:x1].mean())


def lab(light):
    """Return CIE L*a*b* of linear sRGB under D65."""
    xyz = light @ XYZ.T / (0.9505, 1.0, 1.089)
    x, y, z = np.moveaxis(np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def ciede2000(one, other):
    """Return the difference of colors in L*a*b*, (..., 3) (G. Sharma and others, 2005)."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(one, -1, 0), np.moveaxis(other, -1, 0)
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    more = 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    c1, c2 = np.hypot(more * a1, b1), np.hypot(more * a2, b2)
    h1, h2 = (np.arctan2(b, more * a) % (2 * np.pi) for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + np.pi) % (2 * np.pi) - np.pi
    apart = 2 * np.sqrt(c1 * c2) * np.sin(turn / 2)
    hue, c, light = h1 + turn / 2, (c1 + c2) / 2, (l1 + l2) / 2
    degrees = np.degrees(hue) % 360
    t = 1 - 0.17 * np.cos(hue - np.pi / 6) + 0.24 * np.cos(2 * hue)
    t += 0.32 * np.cos(3 * hue + np.radians(6)) - 0.2 * np.cos(4 * hue - np.radians(63))
    s_l = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c, 1 + 0.015 * c * t
    bend = np.sin(np.radians(60 * np.exp(-(((degrees - 275) / 25) ** 2))))
    bend *= -2 * np.sqrt(c**7 / (c**7 + 25.0**7))
    dl, dc, dh = (l2 - l1) / s_l, (c2 - c1) / s_c, apart / s_h
    return np.sqrt(np.maximum(dl**2 + dc**2 + dh**2 + bend * dc * dh, 0))


def is_skin(color):
    """Return where sRGB, (..., 3) from 0 to 1, is like skin: reddish, neither grey nor full."""
    red, green, blue = np.moveaxis(color, -1, 0)
    return (red > 0.45) & (red > green + 0.06) & (green > blue + 0.02) & (red - blue < 0.5)


def off_by(document, frame, picture):
    """Return the mean CIEDE2000 between a drawing and its picture, over all and over skin.

    Both are blurred by a millimetre, as the eye does at arm's length.
    """
    png = Image.open(io.BytesIO(to_png(document, dpi=PX_PER_MM * 25.4)))
    light = linear(np.asarray(png.convert("RGB"), dtype=np.float64) / 255)
    pixels = linear(pixels_of(picture, "fruit"))
    x, y = ((np.arange(side) + 0.5) / PX_PER_MM for side in light.shape[1::-1])
    places = np.stack(np.meshgrid(x, y), axis=-1)
    wanted = np.stack([laid(frame, pixels[..., k]).at(places) for k in range(3)], axis=-1)
    blurred = [gaussian_filter(part, (PX_PER_MM, PX_PER_MM, 0)) for part in (light, wanted)]
    middle = np.abs(places - (frame.cx, frame.cy))
    inside = (middle < (frame.width / 2 - 3, frame.height / 2 - 3)).all(-1)
    off = ciede2000(*map(lab, blurred))
    skin = inside & is_skin(np.where(wanted > 0.0031308, 1.055 * wanted ** (1 / 2.4) - 0.055, 0))
    return off[inside].mean(), off[skin].mean() if skin.any() else np.nan


def main():
    """Print a table."""
    for picture in sys.argv[1:]:
        svg = draw("four_pens", 210, 297, picture=picture)
        frame = svg.frame._replace(y0=svg.frame.y0 + 7.5, y1=svg.frame.y1 - 7.5)
        mean, skin = off_by(svg.document(), frame, picture)
        print(f"{picture}: {mean:.1f}, skin {skin:.1f}", flush=True)
    if sys.argv[1:]:
        return
    os.environ["DRAWSCAPE_HOME"] = home = tempfile.mkdtemp()
    print("screen          ", *(f"{grey:6.0%}" for grey in GREYS))
    for name in SCREENS:
        inks = []
        for grey in GREYS:
            Image.new("L", (60, 60), round(255 * (1 - grey))).save(f"{home}/grey.png")
            svg = draw(name, 90, 90, margin=5, picture="grey.png", contrast=0.0)
            inks.append(printed(svg.document(), svg.frame.inset(8)))
        print(f"{name:16}", *(f"{ink:6.0%}" for ink in inks), flush=True)


if __name__ == "__main__":
    main()
