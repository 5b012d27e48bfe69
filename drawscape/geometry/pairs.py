"""Candidate pairs without loops: ranges laid end to end, intervals that overlap."""

from collections.abc import Iterator

import numpy as np

from drawscape.geometry.lines import Floats, Ints

# Pairs handled at once: a dozen float64 arrays of this length are about 100 MB.
_MOST_AT_ONCE = 1_000_000


def ranges(starts: Ints, counts: Ints) -> Ints:
    """Return `starts[i], starts[i] + 1, ...`, `counts[i]` of them, for all i, end to end."""
    total = int(counts.sum())
    before = np.cumsum(counts) - counts
    index: Ints = np.arange(total, dtype=np.int64) + np.repeat(starts - before, counts)
    return index


def overlapping_intervals(
    low_a: Floats, high_a: Floats, low_b: Floats, high_b: Floats
) -> Iterator[tuple[Ints, Ints]]:
    """Yield all pairs (i, j) where interval i of a and interval j of b share a point, each once.

    Bounds are (A,) and (B,). Pairs come in blocks, of about a million unless one interval overlaps
    more than that.
    """
    # Two intervals overlap when a starts in b, or b starts in a later: two runs in sorted order.
    yield from _starting_within(low_a, low_b, high_b, "left")
    for j, i in _starting_within(low_b, low_a, high_a, "right"):
        yield i, j


def _starting_within(
    low: Floats, from_: Floats, to: Floats, side: str
) -> Iterator[tuple[Ints, Ints]]:
    order = np.argsort(low, kind="stable")
    ordered = low[order]
    first = np.searchsorted(ordered, from_, side=side)  # type: ignore[call-overload]
    counts = np.maximum(np.searchsorted(ordered, to, side="right") - first, 0)
    for start, end in blocks(counts):
        index = order[ranges(first[start:end], counts[start:end])]
        yield index, np.repeat(np.arange(start, end), counts[start:end])


def blocks(counts: Ints, most: int = _MOST_AT_ONCE) -> Iterator[tuple[int, int]]:
    """Yield `(start, end)` so that `counts[start:end]` adds up to about `most` at the most."""
    if not len(counts):
        return
    block = np.cumsum(counts) // most
    edges = np.flatnonzero(np.diff(block)) + 1
    yield from zip([0, *edges.tolist()], [*edges.tolist(), len(counts)], strict=True)
