"""Tables of numbers from files: CSV, and the tracks of GPX."""

import csv
import re

import numpy as np

from drawscape.errors import DataError
from drawscape.geometry import Floats, Points, cartesian
from drawscape.sketches import read_input


def read_table(name: str) -> tuple[dict[str, Floats], Points | None]:
    """Return the columns of numbers in a table; of a GPX file those of its way, and its track, (N, 2).

    Raises DataError for a file without two rows of numbers, and the errors of `read_input`.
    """
    text = read_input(name).decode("utf-8-sig", "replace")
    is_track = name.lower().endswith(".gpx")
    heads, *rows = _points(text) if is_track else [*csv.reader(text.splitlines())] or [[]]
    found = {}
    for column, head in enumerate(heads):
        values = np.array([_number(row[column]) if column < len(row) else np.nan for row in rows])
        known = np.isfinite(values)
        if np.count_nonzero(known) > max(1, len(rows) / 2):
            found[head.strip() or f"column {column + 1}"] = np.interp(
                np.arange(len(rows)), np.flatnonzero(known), values[known]
            )
    if not found:
        raise DataError(
            f"{name!r} holds no column of numbers under a heading; give a .csv or .gpx file"
        )
    if not is_track:
        return found, None
    north, east = found.pop("north"), found.pop("east")
    track = cartesian(east * np.cos(np.radians(np.mean(north))), -north)
    found["from the start in km"] = 111.2 * np.hypot(*(track - track[0]).T)
    return found, track


def _points(gpx: str) -> list[list[str]]:
    """Return the points of a track as a table of texts with headings."""
    patterns = (r'\blat="([^"]+)"', r'\blon="([^"]+)"', r"<ele>([^<]+)")
    rows = [["north", "east", "height in m"]]
    for point in gpx.split("<trkpt")[1:]:
        matches = [re.search(pattern, point) for pattern in patterns]
        rows.append([match[1] if match else "" for match in matches])
    return rows


def _number(text: str) -> float:
    """Return the number that `text` is, not a number (nan) for any other."""
    try:
        return float(text)
    except ValueError:
        return float("nan")
