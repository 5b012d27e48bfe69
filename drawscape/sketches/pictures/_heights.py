"""A grid of heights from a file: numbers, a survey's grid, or a picture."""

import numpy as np

from drawscape.errors import PictureError
from drawscape.geometry.lines import Floats
from drawscape.sketches import read_input
from drawscape.sketches.pictures._tone import pixels_of

TABLES = (".csv", ".tsv", ".txt", ".asc", ".xyz")


def heights_of(name: str) -> Floats:
    """Return the heights, (R, C), in a file: a table of numbers, an ESRI ASCII grid (.asc), or a picture.

    A picture is the higher the lighter it is. Places without data are as low as the lowest.
    Raises PictureError for what is none of these, and as `tone_over` does.
    """
    if not name.lower().endswith(TABLES):
        return np.asarray(pixels_of(name).mean(axis=2))
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
