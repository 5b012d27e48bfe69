"""Lines cut into dashes."""

from collections.abc import Sequence

import numpy as np

from drawscape.geometry.lines import Floats, Ints, Lines, Points

MOST_DASHES = 200_000
"""Of one line: a dash of a thousandth of a mm on a sheet is a mistake, or an attack."""


def dashed(lines: Lines, pattern: Sequence[float], offset: float = 0.0) -> tuple[Lines, Ints]:
    """Return the dashes of `lines`, and the line (K,) that each is a part of.

    `pattern` are lengths of dashes and gaps in turn, an odd number counts twice; it begins anew with
    each line, `offset` into it. A pattern that sums to nothing, has a negative length, or makes more
    than MOST_DASHES of a line leaves that line as it is.
    """
    steps = np.asarray(pattern, dtype=np.float64)
    steps = np.concatenate((steps, steps)) if len(steps) % 2 else steps
    period = float(steps.sum())
    if not np.isfinite(period) or period <= 0 or (steps < 0).any():
        return lines, np.arange(len(lines))
    pieces: list[Points] = []
    owners: list[int] = []
    for index, line in enumerate(lines):
        along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))))
        if along[-1] / period * len(steps) > MOST_DASHES or along[-1] == 0:
            parts = [line]
        else:
            parts = _dashes(line, along, steps, offset % period)
        pieces += parts
        owners += [index] * len(parts)
    return Lines.of(pieces), np.array(owners, dtype=np.int64)


def _dashes(line: Points, along: Floats, steps: Floats, offset: float) -> list[Points]:
    period = steps.sum()
    rounds = int(np.ceil((along[-1] + offset) / period))
    edges = np.concatenate(([0.0], np.cumsum(np.tile(steps, rounds)))) - offset
    parts = []
    for begin, end in zip(edges[:-1:2].tolist(), edges[1::2].tolist(), strict=True):
        is_dot = begin == end
        begin, end = max(begin, 0.0), min(end, float(along[-1]))
        if begin > end or (begin == end and not is_dot):
            continue
        inside = (along > begin) & (along < end)
        at = np.concatenate(([begin], along[inside], [end]))
        parts.append(np.column_stack([np.interp(at, along, line[:, axis]) for axis in (0, 1)]))
    return parts
