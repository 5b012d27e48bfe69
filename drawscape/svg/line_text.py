"""Polylines as the text of a file: numbers with two decimals, by tables of words."""

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from drawscape.geometry.lines import Lines

END_OF_LINE = b"\n"
"""Ends each line's last point in the text of `format_lines`."""

# Points at a time, so that words, indices and table stay in the second-level cache.
_CHUNK = 8192
# What fits in seven characters at two decimals: '-999.99' and '9999.99'.
_LOWEST, _HIGHEST = -99_999, 999_999
# Table limits are multiples of 64 mm, so that drawings of one paper size share a table.
_STEP = 6400


def format_lines(lines: Lines, decimals: int = 2) -> Iterator[bytes]:
    """Return the points as text in pieces: `x,y x,y`, each line closed by END_OF_LINE.

    Numbers are rounded to `decimals` places, trailing zeros are cut, and zero has no sign. A line
    of one point is given twice, so that a pen makes a dot; a line of none is left out.
    """
    lines = lines.drawable()
    if not len(lines):
        return iter(())
    low, high = np.min(lines.points), np.max(lines.points)
    if decimals == 2 and low * 100 >= _LOWEST + 1 and high * 100 <= _HIGHEST - 1:
        return _by_table(lines, math.floor(low * 100), math.ceil(high * 100))
    # Without the table, but with its rounding: a coordinate's text never depends on its neighbours.
    rounded = np.rint(lines.points * 10.0**decimals) / 10.0**decimals
    texts = [format_number(value, decimals) for value in rounded.ravel().tolist()]
    points = list(map(",".join, zip(texts[::2], texts[1::2])))
    return (
        " ".join(points[a:b]).encode() + END_OF_LINE for a, b in pairwise(lines.offsets.tolist())
    )


def format_number(value: float, decimals: int = 6) -> str:
    """Return `value` rounded, without trailing zeros, exponent or signed zero: 10.50 is '10.5'."""
    text = f"{float(value):.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _by_table(lines: Lines, low: int, high: int) -> Iterator[bytes]:
    low, high = low // _STEP * _STEP, -(-high // _STEP) * _STEP
    low, high = max(min(low, 0), _LOWEST), min(max(high, _STEP), _HIGHEST)
    xs, ys = _words(low, high, b","), _words(low, high, b" ")
    last = lines.offsets[1:] - 1
    words = np.empty((_CHUNK, 2), dtype="<u8")
    for start in range(0, len(lines.points), _CHUNK):
        steps = np.rint(lines.points[start : start + _CHUNK] * 100).astype(np.int32)
        steps -= low
        part = words[: len(steps)]
        part[:, 0] = xs.take(steps[:, 0])
        part[:, 1] = ys.take(steps[:, 1])
        ends = last[np.searchsorted(last, start) : np.searchsorted(last, start + len(steps))]
        part.view(np.uint8)[ends - start, 15] = END_OF_LINE[0]
        yield part.tobytes().translate(None, b"\0")


@lru_cache(maxsize=8)
def _words(low: int, high: int, separator: bytes) -> NDArray[np.uint64]:
    """Return an eight-byte word for each hundredth from `low` to `high`: digits, separator."""
    hundredths = np.arange(low, high + 1)
    size = np.abs(hundredths)
    letters = np.zeros((len(size), 8), dtype=np.uint8)
    whole = size // 100
    for column, power in enumerate((1000, 100, 10, 1)):
        shown = (whole >= power) | (power == 1)
        letters[:, column] = np.where(shown, ord("0") + whole // power % 10, 0)
    letters[hundredths < 0, 0] = ord("-")
    fraction = size % 100
    letters[fraction > 0, 4] = ord(".")
    letters[:, 5] = np.where(fraction > 0, ord("0") + fraction // 10, 0)
    letters[:, 6] = np.where(fraction % 10 > 0, ord("0") + fraction % 10, 0)
    letters[:, 7] = separator[0]
    return letters.view("<u8").ravel()
