"""A photograph's file as an array: JPEG, PNG, HEIC and others that Pillow reads, turned by EXIF."""

import warnings
from pathlib import Path

import numpy as np

from drawscape.errors import MissingExtraError, PhotoError
from drawscape.photo.sheet import Picture

_LEAST_PX, _MOST_PX = 600, 120_000_000
"""Of the shorter side; of the whole picture."""
_SMALLER = f"give a photograph of at most {_MOST_PX // 1_000_000} megapixels"


def load(path: Path) -> Picture:
    """Return the photograph at `path` as (H, W, 3) in RGB, 0 to 255.

    Its size is read before its pixels. Raises PhotoError for a file that is not a picture, is damaged, too
    small or too large. Raises MissingExtraError without the extra `photo`.
    """
    try:
        import pillow_heif
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError as error:
        raise MissingExtraError("reading a photograph", "photo") from error
    pillow_heif.register_heif_opener()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # refused below
        try:
            with Image.open(path) as file:
                _check_size(path, *file.size)
                picture = ImageOps.exif_transpose(file)
                if picture.mode.startswith("I"):  # Pillow clips 16 bits at 255
                    picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
                if picture.has_transparency_data:
                    paper = Image.new("RGBA", picture.size, "white")
                    picture = Image.alpha_composite(paper, picture.convert("RGBA"))
                return np.asarray(picture.convert("RGB"))
        except UnidentifiedImageError as error:
            raise PhotoError(f"{path} is not a picture; give a JPEG, PNG or HEIC file") from error
        except Image.DecompressionBombError as error:
            raise PhotoError(f"{path} is too large; {_SMALLER}") from error
        except (OSError, SyntaxError, ValueError) as error:
            if isinstance(error, PhotoError):
                raise
            raise PhotoError(f"{path} cannot be read: {error}") from error


def _check_size(path: Path, width: int, height: int) -> None:
    if width * height > _MOST_PX:
        raise PhotoError(f"{path} is too large with {width} x {height} pixels; {_SMALLER}")
    if min(width, height) < _LEAST_PX:
        raise PhotoError(
            f"{path} has {width} x {height} pixels, too few to see lines; "
            f"its shorter side needs {_LEAST_PX}"
        )
