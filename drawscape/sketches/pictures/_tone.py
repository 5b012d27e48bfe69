"""A grey picture laid over the page: how dark it is under the pen."""

import io
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import MissingExtraError, PictureError
from drawscape.geometry.lines import Floats
from drawscape.sketches import read_input
from drawscape.svg_builder import Frame

Fit = Literal["cover", "contain"]

LARGEST = 50_000_000
"""Pixels that a picture may have: more is a mistake or a decompression bomb."""

ENOUGH = 900
"""Pixels along the longer side that are kept: no pen draws finer."""


@dataclass(frozen=True, eq=False)
class Tone:
    """Darkness, (R, C) from 0 white to 1 black, over the rectangle of the page that it covers.

    `x0`, `y0` is the upper left corner of the picture in mm, `pitch` the side of a pixel.
    """

    dark: Floats
    x0: float
    y0: float
    pitch: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The picture's edges on the page: x0, y0, x1, y1 in mm."""
        rows, columns = self.dark.shape
        return self.x0, self.y0, self.x0 + columns * self.pitch, self.y0 + rows * self.pitch

    def at(self, points: ArrayLike) -> Floats:
        """Return the darkness, (...), at each of `points`, (..., 2) in mm, smoothly between pixels.

        Beyond the picture it is as dark as at its edge.
        """
        points = np.asarray(points, dtype=np.float64)
        rows, columns = self.dark.shape
        x = np.clip((points[..., 0] - self.x0) / self.pitch - 0.5, 0, columns - 1.000001)
        y = np.clip((points[..., 1] - self.y0) / self.pitch - 0.5, 0, rows - 1.000001)
        i, j = y.astype(int), x.astype(int)
        u, v = x - j, y - i
        d = self.dark
        above = d[i, j] * (1 - u) + d[i, j + 1] * u
        below = d[i + 1, j] * (1 - u) + d[i + 1, j + 1] * u
        return np.asarray(above * (1 - v) + below * v)


def tone_over(
    frame: Frame, picture: str | None = None, fit: Fit = "cover", contrast: float = 0.0
) -> Tone:
    """Return the tone of `picture` laid over `frame`, cut to it.

    None is the picture of an ammonite that comes along; else a path that may be read (see
    `settings.readable_path`). `cover` fills the frame and cuts what is over, `contain` shows all of
    the picture. `contrast` 0 leaves the picture grey, 1 stretches it from white to black.
    The drawing's recipe remembers the file's digest.
    Raises PictureError, MissingExtraError without Pillow, ForbiddenPathError, FileNotFoundError.

    >>> from drawscape.drawing.paper import Frame
    >>> from drawscape.sketches.tone import tone_over
    >>> tone_over(Frame(0, 0, 60, 90), None).at([(1, 1), (30, 45)]).shape  # how dark it is there
    (2,)
    """
    dark = 1.0 - (_own() if picture is None else _foreign(picture))
    low, high = np.quantile(dark, (0.02, 0.98))
    stretched = (dark - low) / max(float(high - low), 1e-6)
    dark = np.clip((1 - contrast) * dark + contrast * stretched, 0, 1)
    rows, columns = dark.shape
    across, down = frame.width / columns, frame.height / rows
    pitch = max(across, down) if fit == "cover" else min(across, down)
    wide, tall = min(columns, frame.width / pitch), min(rows, frame.height / pitch)
    left, top = (columns - wide) / 2, (rows - tall) / 2
    # Whole pixels are cut; the rest of a pixel goes into the offset, so that the middle stays.
    first, up = int(left), int(top)
    kept = dark[up : rows - up, first : columns - first]
    x0 = frame.cx - kept.shape[1] * pitch / 2
    y0 = frame.cy - kept.shape[0] * pitch / 2
    return Tone(kept, x0, y0, pitch)


def shown(tone: Tone, frame: Frame) -> tuple[float, float, float, float]:
    """Return the part of the frame that the picture covers: x0, y0, x1, y1 in mm."""
    x0, y0, x1, y1 = tone.box
    return max(x0, frame.x0), max(y0, frame.y0), min(x1, frame.x1), min(y1, frame.y1)


@lru_cache(maxsize=1)
def _own() -> Floats:
    with resources.files(__package__).joinpath("_shell.npz").open("rb") as file:
        return np.asarray(np.load(file)["picture"] / 255.0)


def _foreign(name: str) -> Floats:
    """Return the lightness, 0 to 1, of the picture in a file."""
    try:
        from PIL import Image
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
            grey = image.convert("RGBA")
            paper = Image.new("RGBA", grey.size, "white")
            paper.alpha_composite(grey)
            small = paper.convert("L")
            small.thumbnail((ENOUGH, ENOUGH))
            return np.asarray(small, dtype=np.float64) / 255.0
    except (OSError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        if isinstance(error, PictureError):
            raise
        raise PictureError(f"picture {name!r} cannot be read: {error}") from error
