"""Pictures and heights from files, for sketches: darkness, height, and parts of inks.

`tone_over` lays a picture over the page, with local contrast and a focus. `printable` and
`swing_of` say how much ink gives a darkness, and `finer_in_focus` draws a screen twice.
`separate` splits colors into inks, `ranked_lines` draws a tone line by line, `heights_of` reads heights.
"""

import io
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import accumulate
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter, map_coordinates

from drawscape.drawing.document import WARM_WHITE
from drawscape.drawing.values import luminance, rgb
from drawscape.errors import MissingExtraError, PictureError
from drawscape.geometry import clip_to_rectangle, keep_positive, polar, values_at
from drawscape.geometry.lines import Floats, Ints, Lines
from drawscape.geometry.regions import Frame
from drawscape.geometry.thinning import van_der_corput
from drawscape.parameters import InputFile
from drawscape.recipe import Fraction, read_input
from drawscape.sketches.composition import choose_unless
from drawscape.sketches.palette import is_light
from drawscape.svg_builder import SVGBuilder

PictureFile = Annotated[InputFile | None, "Picture file; none draws one that comes along"]
Fit = Annotated[Literal["cover", "contain"], "Fill the page or show the whole picture"]
Contrast = Annotated[Fraction, "0 as in the picture, 1 stretched to black and white"]
Clarity = Annotated[Fraction, "Local contrast: 0 as in the picture, 1 the most"]
Focus = Annotated[
    tuple[Fraction, Fraction, Fraction, Fraction],
    "Finer part of the picture: left, top, right, bottom, 0 to 1",
]

NO_FOCUS = (0.0, 0.0, 0.0, 0.0)

FINER = 0.6
"""Distance of lines in the focus, relative to outside: an eye gets three lines instead of two."""

LARGEST = 50_000_000
"""Pixels that a picture may have: more is a mistake or a decompression bomb."""

ENOUGH = 900
"""Pixels along the longer side that are kept: no pen draws finer."""

TURNS_LOSE = 1.25
"""Factor of the length that a swing adds, because its turns cover some paper twice."""

TILES = 6
"""Tiles along each side of a picture for its local contrast: about half a face."""

MIDDLE = 0.4
"""The most that half of a picture is dark with full contrast."""

BROAD = 0.06
"""The blur of broad shades, as a part of the picture's shorter side: about an eye and its brow."""

STEEPEST = 2.5
"""The most that local contrast may multiply a difference: more shows the grain of a photograph."""

BINS = 128
"""Steps of darkness that local contrast distinguishes."""

_GREY = np.array([0.299, 0.587, 0.114])
"""The brightness of red, green and blue for the eye (ITU-R BT.601)."""

TABLES = (".csv", ".tsv", ".txt", ".asc", ".xyz")

BLACK_FROM, BLACK_FADE = 0.35, 0.3
"""Part of the light that all colors lack before the darkest pen draws, skin lacks less; and until it may
draw all."""

ROUNDS = 40
"""Of finding each ink's part with the others as they are: later ones change less than a hundredth."""


@dataclass(frozen=True, eq=False)
class Tone:
    """Darkness, (R, C) from 0 white to 1 black, over the rectangle of the page that it covers.

    `box` are the picture's edges on the page: x0, y0, x1, y1 in mm. `area` is the part inside the frame,
    and `pitch` the side of a pixel. `focus`, (R, C), is 1 where lines are finer.
    """

    dark: Floats
    box: Frame
    area: Frame
    pitch: float
    focus: Floats

    @property
    def nodes(self) -> Frame:
        """The area whose corners are the middles of the picture's corner pixels, for `values_at`."""
        return self.box.inset(self.pitch / 2)

    def at(self, points: ArrayLike) -> Floats:
        """Return the darkness, (...), at each of `points`, (..., 2) in mm, smoothly between pixels.

        Outside the picture it is as dark as at its edge.
        """
        return values_at(self.dark, self.nodes, points)

    def focus_at(self, points: ArrayLike) -> Floats:
        """Return how much each of `points`, (..., 2) in mm, is in the focus, (...) from 0 to 1."""
        return values_at(self.focus, self.nodes, points)


def tone_over(
    frame: Frame,
    picture: str | None = None,
    fit: Fit = "cover",
    contrast: float = 0.0,
    own: str = "shell",
    clarity: float = 0.0,
    focus: Sequence[float] = NO_FOCUS,
    *,
    light_ink: bool = False,
) -> Tone:
    """Return the tone of `picture` laid over `frame`, cut to it.

    None is an included picture: `own` is `'shell'`, an ammonite, `'fruit'`, or `'head'`, Grace
    Hopper (by James S. Davis for the United States Navy, 1984; in the public domain). Else it is a
    path that may be read (see `settings.readable_path`). `cover` fills the frame and crops the
    picture, `contain` shows all of it. `contrast` 0 leaves the picture grey, 1 stretches it from white
    to black. `clarity` is how much of `local_contrast` it gets, so that coarse lines show a face.
    `focus` is the part that is drawn finer: left, top, right and bottom, from 0 to 1.
    With `light_ink` on dark paper, the tone is inverted (see `palette.is_light`).
    The drawing's recipe remembers the file's digest.
    Raises PictureError, MissingExtraError without Pillow, ForbiddenPathError, FileNotFoundError.

    >>> from drawscape.drawing.document import Frame
    >>> from drawscape.sketches.tone import tone_over
    >>> tone_over(Frame(0, 0, 60, 90), None).at([(1, 1), (30, 45)]).shape  # how dark it is there
    (2,)
    """
    light = np.round(pixels_of(picture, own, "black" if light_ink else "white") @ _GREY, 9)
    dark = light if light_ink else 1.0 - light
    low, high = np.quantile(dark, (0.02, 0.98))
    stretched = (dark - low) / max(high - low, 1e-6)
    dark = np.clip((1 - contrast) * dark + contrast * stretched, 0, 1)
    # A dark picture is lightened: lines show half-tones, and at most a pen's ink.
    middle = np.clip(np.median(dark), 0.1, 0.9)
    dark = dark ** max(1.0, 1 + contrast * (np.log(MIDDLE) / np.log(middle) - 1))
    detail = local_contrast(dark)
    # Only the details: broad shades stay as they are, so that a light face stays light.
    broad = BROAD * min(dark.shape)
    detail += gaussian_filter(dark - detail, broad)
    dark = np.clip((1 - clarity) * dark + clarity * detail, 0, 1)
    x, y = (np.arange(side) / side for side in dark.shape[::-1])
    left, top, right, bottom = focus
    inside = (x >= left) & (x < right) & (y[:, None] >= top) & (y[:, None] < bottom)
    return laid(frame, dark, fit, inside.astype(np.float64))


def tone_for(
    svg: SVGBuilder,
    palette: str,
    picture: str | None,
    fit: Fit,
    contrast: float,
    clarity: float,
    focus: Sequence[float],
    own: str = "shell",
) -> Tone:
    """Return `tone_over` the frame of `svg` for the first ink of `palette`: a light one draws highlights.

    Without a picture the seed chooses among the included ones, `own` first.
    """
    if picture is None:
        others = [name for name in ("shell", "head", "fruit") if name != own]
        own = choose_unless(svg, None, "subject", [own, *others])
    light = is_light(svg, palette)
    return tone_over(svg.frame, picture, fit, contrast, own, clarity, focus, light_ink=light)


def local_contrast(dark: Floats) -> Floats:
    """Return `dark`, (R, C) from 0 to 1, with as much contrast in each part as in the whole.

    Each tile's histogram is equalized within the limit `STEEPEST`. Pixels blend those of the four
    tiles around them (K. Zuiderveld, "Contrast limited adaptive histogram equalization", 1994).
    A flat grey stays as it is.

    >>> bool(np.ptp(local_contrast(np.tile(np.linspace(0.4, 0.5, 60), (60, 1)))) > 0.12)
    True
    """
    rows, columns = dark.shape
    tiles = min(TILES, rows, columns)
    steps = np.rint(dark * (BINS - 1)).astype(int)
    tables = np.array([
        [_evened(tile) for tile in np.array_split(band, tiles, axis=1)]
        for band in np.array_split(steps, tiles)
    ])  # fmt: skip
    y, x = ((np.arange(side) + 0.5) * tiles / side - 0.5 for side in dark.shape)
    places = np.broadcast_arrays(y[:, None], x, dark * (BINS - 1))
    return map_coordinates(tables, places, order=1, mode="nearest")


def _evened(tile: Ints) -> Floats:
    """Return the new value of each step of darkness in a tile, (BINS,)."""
    counts = np.bincount(tile.ravel(), minlength=BINS) * (BINS / tile.size)
    kept = np.minimum(counts, STEEPEST)
    kept += 1 - kept.mean()
    return (np.cumsum(kept) - kept / 2) / BINS


def printable(dark: ArrayLike, most: float) -> Floats:
    """Return the part of the paper to cover for each darkness when `most` is all that a screen covers.

    Light greys keep their tone. Dark greys share the rest of the scale, and stay distinct.

    >>> printable([0.2, 0.5, 1.0], 0.7).round(2).tolist()
    [0.2, 0.47, 0.7]
    """
    power = 1 / max(1 - most, 1e-3)
    return np.asarray(dark) - np.asarray(dark) ** power / power


def swing_of(
    cover: Floats, pitch: float, wavelength: float | Floats, pen_mm: float = 0.3
) -> Floats:
    """Return half the height of the swing with which a line covers the part `cover` of its strip.

    The strip is `pitch` wide. A sine of slope m is about sqrt(1 + m^2 / 2) times as long as its base
    line. Its turns lie over each other: that loss is measured (tests/benchmarks/bench_tone.py).
    """
    longer = 1 + TURNS_LOSE * np.maximum(cover * pitch / pen_mm - 1, 0)
    return wavelength / (2 * np.pi) * np.sqrt(2 * (longer**2 - 1))


def finer_in_focus(tone: Tone, screen: Callable[[float], Lines], pitch: float) -> Lines:
    """Return `screen(pitch)`, and within the focus `screen` of a smaller pitch.

    >>> tone = laid(Frame(0, 0, 40, 40), np.ones((8, 8)), focus=np.ones((8, 8)))
    >>> finer_in_focus(tone, lambda pitch: Lines.of([[(0, pitch), (9, pitch)]]), 2.0).points.tolist()
    [[0.0, 1.2], [9.0, 1.2]]
    """
    coarse = screen(pitch)
    if not tone.focus.any():
        return coarse
    fine = screen(pitch * FINER)
    outside = keep_positive(coarse, 0.5 - tone.focus_at(coarse.points))
    return Lines.join((outside, keep_positive(fine, tone.focus_at(fine.points) - 0.5)))


def laid(frame: Frame, dark: Floats, fit: Fit = "cover", focus: Floats | None = None) -> Tone:
    """Return the grid `dark`, (R, C), laid over `frame` as a picture is, cut to it; so is its `focus`."""
    rows, columns = dark.shape
    across, down = frame.width / columns, frame.height / rows
    pitch = max(across, down) if fit == "cover" else min(across, down)
    wide, tall = min(columns, frame.width / pitch), min(rows, frame.height / pitch)
    # Whole pixels are cut; the rest goes into the offset, so that the middle stays.
    first, up = int((columns - wide) / 2), int((rows - tall) / 2)
    cut = np.s_[up : rows - up, first : columns - first]
    kept = dark[cut]
    x, y = kept.shape[1] * pitch / 2, kept.shape[0] * pitch / 2
    box = Frame(frame.cx - x, frame.cy - y, frame.cx + x, frame.cy + y)
    area = Frame(*map(max, box[:2], frame[:2]), *map(min, box[2:], frame[2:]))
    return Tone(kept, box, area, pitch, np.zeros_like(kept) if focus is None else focus[cut])


def pixels_of(picture: str | None, own: str = "shell", paper: str = "white") -> Floats:
    """Return the colors of a picture on `paper`, (R, C, 3) from 0 to 1; None is the one called `own`."""
    return _own(own) if picture is None else _foreign(picture, paper)


@lru_cache(maxsize=4)
def _own(name: str) -> Floats:
    with resources.files(f"{__package__}.pictures").joinpath(f"_{name}.npz").open("rb") as file:
        return np.atleast_3d(np.load(file)["picture"]) / 255.0 * np.ones(3)


def _foreign(name: str, behind: str) -> Floats:
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise MissingExtraError("reading a picture file", "png") from error
    content = read_input(name)
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.width * image.height > LARGEST:
                size = f"{image.width} x {image.height}"
                raise PictureError(f"picture {name!r} has {size} pixels; shrink it first")
            if min(image.size) < 2:
                raise PictureError(f"picture {name!r} is {image.size} pixels; 2 x 2 is the least")
            upright = ImageOps.exif_transpose(image).convert("RGBA")  # as a telephone was held
            paper = Image.new("RGBA", upright.size, behind)
            paper.alpha_composite(upright)
            small = paper.convert("RGB")
            small.thumbnail((ENOUGH, ENOUGH))
            return np.asarray(small, dtype=np.float64) / 255.0
    except PictureError:
        raise
    except (OSError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise PictureError(f"picture {name!r} cannot be read: {error}") from error


def ranked_lines(
    box: Frame, pitch: float, angle: float, *, bow: float = 0.0, shift: float = 0.0, cycle: int = 8
) -> tuple[Lines, Floats]:
    """Return lines across `box` with a point every 0.6 mm or so, and the rank of each, 0 to 1.

    Of the lines below a rank of 1/2, 1/4, ... every second, fourth, ... one is there. Ranks come
    again after `cycle` lines, a power of two. `bow` bends them as a wrist does.
    """
    reach = np.hypot(*box.size) / 2
    along, aside = axes = polar(1, np.radians([angle, angle + 90]))
    number = np.arange(-int(1.3 * reach / pitch), int(1.3 * reach / pitch) + 1)
    t = np.linspace(-1, 1, max(2, int(2 * reach / 0.6)))[:, None]
    curve = t * reach * along + 0.3 * bow * reach * (1 - t**2) * aside
    lines = curve + ((number + shift) * pitch)[:, None, None] * aside + box.middle
    cut = clip_to_rectangle(lines, *box)
    # Of which line each part is: a line may leave the box and come back.
    x, y = axes @ (cut.starts - box.middle).T
    number = np.rint((y - 0.3 * bow * reach * (1 - (x / reach) ** 2)) / pitch - shift).astype(int)
    return cut, van_der_corput(number % cycle)


def heights_of(name: str) -> Floats:
    """Return the heights, (R, C), in a file: a table of numbers, an ESRI ASCII grid (.asc), or a picture.

    A picture is the higher the lighter it is. Places without data are as low as the lowest.
    Raises PictureError for any other file, and the errors of `tone_over`.
    """
    if not name.lower().endswith(TABLES):
        return pixels_of(name).mean(axis=2)
    rows, none = [], -9999.0
    for line in read_input(name).decode("utf-8", "replace").splitlines():
        words = line.replace(",", " ").replace(";", " ").split()
        if words[:1] and words[0].lower() == "nodata_value":
            none = float(words[1])
        try:
            rows.append([float(word) for word in words])
        except ValueError:
            continue  # a heading, such as `ncols 400`
    rows = [row for row in rows if row]
    if len(rows) < 2 or len({len(row) for row in rows}) > 1 or len(rows[0]) < 2:
        raise PictureError(
            f"{name!r} holds no grid of numbers: give rows of equal length, 2 x 2 at least"
        )
    grid = np.array(rows)
    known = np.isfinite(grid) & (grid != none)
    if not known.any():
        raise PictureError(f"{name!r} holds no heights at all")
    return np.where(known, grid, grid[known].min())


def separate(
    picture: Floats,
    pens: Sequence[str],
    *,
    paper: str = WARM_WHITE,
    black: float = 0.6,
    limit: float = 2.0,
) -> Floats:
    """Return which part of the paper each pen covers, (pens, R, C) from 0 to 1, to mix `picture`.

    `picture` is (R, C, 3), sRGB from 0 to 1; `pens` are the colors of inks that are glazes over
    `paper`. Screens that cross at random overlap as chance has it (E. Demichel, 1924): each ink
    multiplies the light by 1 - part * (1 - its color); on dark paper it does so with the dark. The parts
    are found one after the other, by least squares. `black` is how much of the dark the darkest pen takes
    first; `limit` is the most that all may add up to. Raises PlotError for a color that is not known.

    >>> grey = np.full((1, 1, 3), 0.5)
    >>> separate(grey, ["black"], paper="white", black=1.0).round(2).tolist()  # half the light is 0.21
    [[[0.79]]]
    """
    light = np.array([linear(np.array(rgb(color)) / 255) for color in pens])
    blank, aim = linear(np.array(rgb(paper)) / 255), linear(picture)
    if luminance(paper) < 0.5:  # inks on dark paper give light, as glazes take it
        light, blank, aim = 1 - light, 1 - blank, 1 - aim
    wanted = np.clip(aim / blank, 0, 1)
    absorbed = 1 - np.clip(light / blank, 0, 1)
    parts = np.zeros((len(pens), *picture.shape[:2]))
    darkest = np.argmin(light.sum(axis=1))
    # The darkest pen draws only the tone that all colors have in common, and leaves the lights alone:
    # black lines over a cheek are dirt.
    common = 1 - wanted.max(axis=-1)
    room = np.ones_like(common)
    if len(pens) > 3:  # fewer cannot mix a light grey without it
        room = np.clip((common - BLACK_FROM) / BLACK_FADE, 0, 1)
    parts[darkest] = np.minimum(black * common / absorbed[darkest].mean(), room)
    for round_ in range(ROUNDS):
        passed = [1 - p[..., None] * a for p, a in zip(parts, absorbed)]
        # What all pens after each one let through, the last first.
        after = list(accumulate(passed[:0:-1], operator.mul, initial=np.ones_like(wanted)))
        before = np.ones_like(wanted)
        for pen in range(len(pens)):
            others = before * after.pop()
            slope = others * absorbed[pen]
            best = (slope * (others - wanted)).sum(axis=-1) / np.maximum(
                (slope**2).sum(axis=-1), 1e-9
            )
            if pen != darkest or round_ >= ROUNDS // 2:
                parts[pen] = np.clip(best, 0, room if pen == darkest else 1)
            before *= 1 - parts[pen, ..., None] * absorbed[pen]
    total = parts.sum(axis=0)
    return parts * np.minimum(1, limit / np.maximum(total, 1e-9))


def linear(color: Floats) -> Floats:
    """Return how much light an sRGB color, 0 to 1, sends (IEC 61966-2-1)."""
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
