"""Path data split into commands and arguments, for all paths of a document in one pass."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drawscape.drawing.path.numbers import parse_numbers
from drawscape.geometry.lines import Flags, Floats, Ints

# Larger than any drawing's coordinates, small enough that sums over a document keep 1e-6 mm.
LARGEST = 1e9

_PATH = ord("|")
_ARITY = np.full(256, -1, dtype=np.int64)
for _letters, _count in (("MLT", 2), ("HV", 1), ("C", 6), ("SQ", 4), ("A", 7), ("Z|", 0)):
    _ARITY[list((_letters + _letters.lower()).encode())] = _count
_ALLOWED = np.zeros(256, dtype=bool)
_ALLOWED[list(b"0123456789+-.eE, \t\r\n\f")] = True
_ALLOWED |= _ARITY >= 0

# Without going back (possessive): else a long row of digits could be split in ever so many ways.
_NUMBER = r"[-+]?+(?>\d++\.?+\d*+|\.\d++)(?>(?:[eE][-+]?\d+)?)"
_ARC = re.compile(
    rf"[\s,]*+({_NUMBER})[\s,]*+({_NUMBER})[\s,]*+({_NUMBER})[\s,]*+([01])[\s,]*+([01])"
    rf"[\s,]*+({_NUMBER})[\s,]*+({_NUMBER})"
)
_ARC_RUN = re.compile(r"([aA])([^a-df-zA-DF-Z|]*)")


@dataclass(frozen=True)
class Commands:
    """One entry per drawn step; a letter with many arguments is as many steps.

    `letters` (S,) are ASCII codes (the second pair after `M` counts as `L`), `paths` (S,) the path
    that each belongs to, `at` (S,) where its arguments begin in `values`. `broken` names the paths
    that hold an error; they are drawn up to it, as the SVG standard asks.
    """

    letters: NDArray[np.uint8]
    paths: Ints
    at: Ints
    values: Floats
    broken: frozenset[int]


def read_commands(paths: Sequence[str]) -> Commands:
    """Return the commands of all `paths` (the text of their `d` attributes)."""
    texts = [_spread_flags(d) if "a" in d or "A" in d else d for d in paths]
    damaged: set[int] = set()
    text = _joined(texts)
    _cut_at_strange_bytes(text, texts, damaged)
    if damaged:
        text = _joined(texts)
    numbers = parse_numbers(text)
    wrong = np.flatnonzero(~(np.abs(numbers.values) <= LARGEST))
    if len(wrong):
        _cut(texts, text, numbers.starts[wrong], damaged)
        text = _joined(texts)
        numbers = parse_numbers(text)
    return _steps(text, numbers.values, numbers.starts, damaged)


def _joined(texts: Sequence[str]) -> bytes:
    """Each path behind a bar of its own: a pseudo-command that the first letter must follow."""
    return ("|" + "|".join(texts)).encode("ascii", "replace") if texts else b""


def _spread_flags(d: str) -> str:
    """Return `d` with the flags of arcs set apart: `a1 1 0 015 5` needs no separators there."""

    def spread(run: re.Match[str]) -> str:
        arcs, end = [run[1]], 0
        while arc := _ARC.match(run[2], end):
            arcs.append(" ".join(arc.groups()))
            end = arc.end()
        rest = run[2][end:].strip(" ,\t\r\n\f")
        # What is no arc, such as one with a flag of 2, is an error, and ends the path.
        return " ".join([*arcs, "!" if rest else ""])

    return _ARC_RUN.sub(spread, d)


def _cut_at_strange_bytes(text: bytes, texts: list[str], damaged: set[int]) -> None:
    raw = np.frombuffer(text, dtype=np.uint8)
    strange = np.flatnonzero(~_ALLOWED[raw])
    bars = np.flatnonzero(raw == _PATH)
    if len(bars) != len(texts):
        for index, d in enumerate(texts):
            if "|" in d:
                texts[index] = d[: d.index("|")]
                damaged.add(index)
        if len(strange):
            _cut_at_strange_bytes(_joined(texts), texts, damaged)
    elif len(strange):
        _cut(texts, text, strange, damaged)


def _cut(texts: list[str], text: bytes, positions: Ints, damaged: set[int]) -> None:
    """Shorten each text to what is before its first of the `positions` in the joined text."""
    bars = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == _PATH)
    owners, first = np.unique(np.searchsorted(bars, positions, side="right") - 1, return_index=True)
    for owner, position in zip(owners.tolist(), positions[first].tolist(), strict=True):
        texts[owner] = texts[owner][: position - int(bars[owner]) - 1]
        damaged.add(owner)


def _steps(text: bytes, values: Floats, starts: Ints, damaged: set[int]) -> Commands:
    raw = np.frombuffer(text, dtype=np.uint8)
    positions = np.flatnonzero(_ARITY[raw] >= 0)
    letters = raw[positions]
    first = np.searchsorted(starts, positions)
    given = np.diff(np.append(first, len(values)))
    paths = np.cumsum(letters == _PATH) - 1
    arity = _ARITY[letters]
    repeats = np.where(arity > 0, given // np.maximum(arity, 1), 1)
    keep, broken = _before_first_error(letters, paths, given, arity)
    repeats[~keep | (letters == _PATH)] = 0
    which = np.repeat(np.arange(len(letters)), repeats)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    drawn = letters[which]
    # More pairs behind a move are lines: M is one letter after L.
    drawn[(nth > 0) & ((drawn | 32) == ord("m"))] -= 1
    return Commands(
        drawn,
        paths[which],
        first[which] + nth * arity[which],
        values,
        frozenset(damaged | set(broken.tolist())),
    )


def _before_first_error(
    letters: NDArray[np.uint8],
    paths: Ints,
    given: Ints,
    arity: Ints,
) -> tuple[Flags, Ints]:
    """Return which commands are drawn, and which paths are broken."""
    bars = letters == _PATH
    wrong = (given % np.maximum(arity, 1) != 0) | ((arity > 0) & (given == 0))
    wrong |= (arity == 0) & (given > 0)
    behind_bar = np.concatenate(([False], bars[:-1]))
    wrong |= behind_bar & ((letters | 32) != ord("m")) & ~bars
    fatal = wrong & (behind_bar & ((letters | 32) != ord("m")) | bars)
    errors = np.cumsum(wrong)
    at_bar = np.flatnonzero(bars)
    before = (errors - wrong)[at_bar][paths] if len(at_bar) else errors
    # The command with the error still draws its complete groups of arguments.
    keep = (errors - wrong == before) & ~fatal
    return keep, np.unique(paths[wrong])
