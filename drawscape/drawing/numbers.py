"""Decimal numbers out of text, all at once: bytes in, float64 out.

No object is made per number. The last eight bytes of a number are read as one 64-bit word, the
decimal point is shifted out of it, and three multiplications turn eight digits into an integer
(Lemire, "Quickly parsing eight digits", 2018). The division by a power of ten that follows rounds
once, so the result is the float that `float()` gives. Long numbers and exponents go through
`float()` itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drawscape.geometry.lines import Flags, Floats, Ints

OTHER, DIGIT, DOT, SIGN, EXPONENT = range(5)

_CLASSES = np.zeros(256, dtype=np.uint8)
_CLASSES[list(b"0123456789")] = DIGIT
_CLASSES[ord(".")] = DOT
_CLASSES[list(b"+-")] = SIGN
_CLASSES[list(b"eE")] = EXPONENT

_POWERS = 10.0 ** np.arange(17)
_ZEROS = np.uint64(0x3030303030303030)
# An ASCII digit xor "0" keeps to the low four bits; "." xor "0" is 0x1e: bit 4 marks a point.
_POINT_BITS = np.uint64(0x1010101010101010)
_KEEP_LAST = np.array(
    [0] + [(0xFFFFFFFFFFFFFFFF << (64 - 8 * n)) & 0xFFFFFFFFFFFFFFFF for n in range(1, 9)],
    dtype=np.uint64,
)
_WORD = 8
_LONGEST = 2 * _WORD
# Small enough that a chunk's dozen temporary arrays stay in the second-level cache.
_CHUNK = 16_384


@dataclass(frozen=True)
class Numbers:
    """The numbers of a text: `values` (K,), and `starts` (K,), the index of their first byte."""

    values: Floats
    starts: Ints


def parse_numbers(text: bytes) -> Numbers:
    """Return every number in `text`, in order, by the grammar of SVG path data.

    Anything that cannot belong to a number separates; so do a sign and a second decimal point
    (`1-2.5.5` is 1, -2.5, 0.5). What has no digit (`-`, `.`, `1e`) becomes nan.
    """
    # The first number's word begins before it: room for two words, and one byte behind the last.
    raw = np.frombuffer(b" " * _LONGEST + text + b" ", dtype=np.uint8)
    numbers = _parse(raw, compact=False)
    return _parse(raw, compact=True) if np.isnan(numbers.values).any() else numbers


def parse_pairs(text: bytes) -> tuple[Floats, Ints] | None:
    """Return the points (N, 2) of lines `x,y x,y`, each ended by a line feed, and the last of each (M,).

    Faster than `parse_numbers`, whose values these are, but for one form of text only: digits, points and
    minus signs, up to eight in a number. None for any other. Give it what fits into the cache.
    """
    raw = np.frombuffer(b" " * _LONGEST + text, dtype=np.uint8)
    ends = np.flatnonzero(raw[_LONGEST:] < ord("-")) + _LONGEST
    marks = raw[ends]
    commas = marks == ord(",")
    if not text.endswith(b"\n") or len(ends) % 2 or not commas[::2].all() or commas[1::2].any():
        return None
    starts = np.concatenate(([_LONGEST], ends[:-1] + 1))
    lengths = ends - starts
    signs = np.count_nonzero(raw == ord("-")) - np.count_nonzero(raw[starts] == ord("-"))
    if signs or ((lengths < 1) | (lengths > _WORD)).any():
        return None
    values = _values(raw, starts, ends)
    if np.isnan(values).any():
        return None
    return values.reshape(-1, 2), np.flatnonzero(marks[1::2] == ord("\n"))


def _parse(raw: NDArray[np.uint8], *, compact: bool) -> Numbers:
    """Return the numbers of `raw`; without `compact`, all may be nan after a malformed one."""
    starts, ends = _tokens(raw, compact=compact)
    values = np.full(len(starts), np.nan)
    for low in range(0, len(starts), _CHUNK):
        part = slice(low, low + _CHUNK)
        values[part] = _values(raw, starts[part], ends[part])
        if not compact and np.isnan(values[part]).any():
            break
    return Numbers(values, starts - _LONGEST)


def _tokens(raw: NDArray[np.uint8], *, compact: bool) -> tuple[Ints, Ints]:
    classes = _CLASSES[raw]
    inside = classes != OTHER
    begins = np.zeros(len(raw), dtype=bool)
    np.logical_not(inside[:-1], out=begins[1:])
    signs = classes == SIGN
    begins[1:] |= signs[1:] & (classes[:-1] != EXPONENT)
    begins &= inside
    if compact:
        begins |= _second_points(classes, begins)
    stops = ~inside
    stops |= begins
    return np.flatnonzero(begins), np.flatnonzero(inside[:-1] & stops[1:]) + 1


def _second_points(classes: NDArray[np.uint8], begins: Flags) -> Flags:
    """Mark the points that begin a number because the number before them has had its own."""
    which = np.cumsum(begins, dtype=np.int32)
    points = np.flatnonzero(classes == DOT)
    again = np.zeros(len(classes), dtype=bool)
    again[points[1:]] = which[points[1:]] == which[points[:-1]]
    # After an exponent a point always begins a number: 1e5.5 is 1e5 and 0.5.
    powers = np.flatnonzero(classes == EXPONENT)
    if len(powers):
        last = np.zeros(len(classes), dtype=np.int64)
        last[powers] = powers
        last = np.maximum.accumulate(last)
        behind = (last[points] > 0) & (which[last[points]] == which[points])
        again[points[behind]] = True
    return again


def _values(raw: NDArray[np.uint8], starts: Ints, ends: Ints) -> Floats:
    first = raw[starts]
    negative = first == ord("-")
    signed = negative | (first == ord("+"))
    lengths = ends - starts - signed
    words = np.ndarray((len(raw) - _WORD + 1,), dtype="<u8", buffer=raw, strides=(1,))
    odd = (lengths > _LONGEST) | (lengths == 0)
    whole, places, strange = _digits(words, ends, np.minimum(lengths, _WORD))
    odd |= strange
    long = np.flatnonzero(lengths > _WORD)
    if len(long):
        high, more, strange = _digits(
            words, ends[long] - _WORD, np.clip(lengths[long] - _WORD, 0, _WORD)
        )
        pointed = (places[long] >= 0) | (more >= 0)
        whole[long] += high * _POWERS[_WORD - (places[long] >= 0)]
        odd[long] |= strange | ((places[long] >= 0) & (more >= 0))
        # Sixteen digits do not fit a float64's 53 bits: one rounding too many for an exact result.
        odd[long] |= lengths[long] - pointed > 15
        places[long] = np.where(more >= 0, more + _WORD, places[long])
    values: Floats = whole / _POWERS[np.maximum(places, 0)]
    np.negative(values, out=values, where=negative)
    odd |= (lengths == 1) & (places >= 0)
    for index in np.flatnonzero(odd):
        values[index] = _slowly(raw[starts[index] : ends[index]].tobytes())
    return values


def _digits(words: NDArray[np.uint64], ends: Ints, lengths: Ints) -> tuple[Floats, Ints, Flags]:
    """Return the last `lengths` bytes before `ends`: whole numbers, decimal places, what is odd.

    The decimal places are -1 where there is no point. Odd are exponents and second points.
    """
    word = (words[ends - _WORD].astype(np.uint64) ^ _ZEROS) & _KEEP_LAST[lengths]
    point = word & _POINT_BITS
    odd = ((word & np.uint64(0xE0E0E0E0E0E0E0E0)) | (point & (point - np.uint64(1)))) != 0
    has_point = point != 0
    below = (point >> np.uint64(4)) - np.uint64(1)
    above = ~((point << np.uint64(4)) - np.uint64(1))
    shifted = (word & above) | ((word & below) << np.uint64(8))
    word = np.where(has_point, shifted, word)
    word = word * np.uint64(10) + (word >> np.uint64(8))
    mask = np.uint64(0x000000FF000000FF)
    word = (
        (word & mask) * np.uint64(0x000F424000000064)
        + ((word >> np.uint64(16)) & mask) * np.uint64(0x0000271000000001)
    ) >> np.uint64(32)
    # A single bit as a float has its position in the exponent: 4, 12, ... 60 is bytes 0 ... 7.
    position = np.frexp(point.astype(np.float64))[1] // 8
    places = np.where(has_point, 7 - position, -1)
    return word.astype(np.float64), places, odd


def _slowly(token: bytes) -> float:
    try:
        return float(token)
    except ValueError:
        return float("nan")
