"""Path data as absolute segments: where each begins and ends, and what curve is between.

Relative coordinates are a running sum that absolute ones interrupt. Both the points of a subpath
and the starts of the subpaths are such sums, so a whole document is resolved without a loop.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drawscape.drawing.path.commands import Commands
from drawscape.geometry.lines import Flags, Floats, Ints

MOVE, LINE, CUBIC, ARC, CLOSE = range(5)

_KINDS = np.zeros(256, dtype=np.uint8)
_KINDS[list(b"MmLlHhVv")] = [MOVE, MOVE] + [LINE] * 6
_KINDS[list(b"CcSsQqTtAaZz")] = [CUBIC] * 8 + [ARC] * 2 + [CLOSE] * 2
# Where a command's end point stands among its arguments.
_END = np.zeros(256, dtype=np.int64)
_END[list(b"CcSsQqAa")] = [4, 4, 2, 2, 2, 2, 5, 5]


@dataclass(frozen=True)
class Segments:
    """Steps of all paths: `kinds` (S,), `paths` (S,), `ends` (S, 2), `curves` (S, 5) or (0, 5).

    A subpath begins with a MOVE. `curves` holds a CUBIC's two control points, and an ARC's radii,
    rotation in degrees, large and sweep flag; it is empty when all is straight.
    """

    kinds: NDArray[np.uint8]
    paths: Ints
    ends: Floats
    curves: Floats


def resolve(commands: Commands) -> Segments:
    """Return the absolute segments of `commands`."""
    commands = _with_moves_after_closing(_closed_once(commands))
    letters = commands.letters
    kinds = _KINDS[letters]
    pairs = _end_arguments(commands)
    if _is_absolute(letters):
        ends = pairs
        ends[kinds == CLOSE] = pairs[_subpath_heads(kinds)][kinds == CLOSE]
    else:
        ends = _resolved_ends(commands, kinds, pairs)
    curved = np.flatnonzero((kinds == CUBIC) | (kinds == ARC))
    curves = _curves(commands, curved, ends) if len(curved) else np.empty((0, 5))
    return Segments(kinds, commands.paths, ends, curves)


def _closed_once(commands: Commands) -> Commands:
    """Return the commands without a `z` that follows a `z`: what is closed stays closed."""
    closing = _KINDS[commands.letters] == CLOSE
    again = closing[1:] & closing[:-1]
    if not again.any():
        return commands
    kept = np.concatenate(([True], ~again))
    return replace(
        commands,
        letters=commands.letters[kept],
        paths=commands.paths[kept],
        at=commands.at[kept],
    )


def _with_moves_after_closing(commands: Commands) -> Commands:
    """Return the commands with `m 0,0` where drawing goes on after `z` without a move."""
    kinds = _KINDS[commands.letters]
    needed = np.flatnonzero((kinds[:-1] == CLOSE) & (kinds[1:] != MOVE)) + 1
    if not len(needed):
        return commands
    values = np.append(commands.values, [0.0, 0.0])
    return Commands(
        np.insert(commands.letters, needed, ord("m")),
        np.insert(commands.paths, needed, commands.paths[needed]),
        np.insert(commands.at, needed, len(commands.values)),
        values,
        commands.broken,
    )


def _is_absolute(letters: NDArray[np.uint8]) -> bool:
    """Whether every step names both coordinates of its end."""
    used = np.bincount(letters, minlength=256)
    return not used[list(b"mlhvcsqtaHV")].any()


def _end_arguments(commands: Commands) -> Floats:
    at = commands.at + _END[commands.letters]
    values = np.append(commands.values, [0.0, 0.0])
    if len(at) and at[-1] == 2 * len(at) - 2 and (np.diff(at) == 2).all():
        return values[: 2 * len(at)].reshape(-1, 2).copy()
    return np.stack((values[np.minimum(at, len(values) - 1)], values[at + 1]), axis=1)


def _subpath_heads(kinds: NDArray[np.uint8]) -> Ints:
    """The index of the MOVE that each step's subpath begins with."""
    moves = np.flatnonzero(kinds == MOVE)
    heads: Ints = moves[np.cumsum(kinds == MOVE) - 1]
    return heads


def _resolved_ends(commands: Commands, kinds: NDArray[np.uint8], pairs: Floats) -> Floats:
    letters = commands.letters
    upright, level = (letters | 32) == ord("v"), (letters | 32) == ord("h")
    closing = kinds == CLOSE
    ends = np.empty_like(pairs)
    for axis, still in enumerate((closing | upright, closing | level)):
        steps = np.where(still, 0.0, pairs[:, axis])
        if axis == 1:
            steps[upright] = pairs[upright, 0]
        absolute = (letters < ord("a")) & ~still
        ends[:, axis] = _running(commands.paths, kinds, steps, absolute)
    ends[closing] = ends[_subpath_heads(kinds)[closing]]
    return ends


def _running(paths: Ints, kinds: NDArray[np.uint8], steps: Floats, absolute: Flags) -> Floats:
    """Return one coordinate of every step's end; `steps` are differences unless `absolute`.

    `m5 0 l1 0 L9 0 l1 0 m2 0` has the steps 5 1 9 1 2, of which the third is absolute. Within the
    subpaths that is 0 1 9 10 and 0: the last two of the first are fixed. The first starts at 5, the
    second 2 behind the first's exit at 10. So the ends are 5 6 9 10 and 12.
    """
    moving = kinds == MOVE
    moves = np.flatnonzero(moving)
    subpath = np.cumsum(moving) - 1
    # From the subpath's start on until there is an absolute step; fixed on the page behind it.
    local = _chained(np.where(moving, 0.0, steps), moving | absolute)
    anchors = np.where(absolute & ~moving, np.arange(len(steps)), -1)
    fixed = np.maximum.accumulate(anchors) > moves[subpath]
    # A closed subpath is left at its start.
    last = np.append(moves[1:], len(steps)) - 1
    closed = kinds[last] == CLOSE
    exits = np.where(closed, 0.0, local[last])
    # A relative move goes on from the exit before it, but for a path's first.
    follows = ~absolute[moves]
    follows[0] = False
    follows[1:] &= paths[moves[1:]] == paths[moves[:-1]]
    starts = steps[moves]
    starts[1:] += np.where(follows[1:], exits[:-1], 0.0)
    known = ~follows
    known[1:] |= (fixed[last] & ~closed)[:-1]
    starts = _chained(starts, known)
    ends: Floats = local + np.where(fixed, 0.0, starts[subpath])
    return ends


def _chained(steps: Floats, known: Flags) -> Floats:
    """Return running sums of `steps` that begin anew where `known`."""
    where = np.arange(len(steps))
    anchor = np.maximum.accumulate(np.where(known, where, 0))
    total = np.cumsum(np.where(known, 0.0, steps))
    chained: Floats = steps[anchor] + total - total[anchor]
    return chained


def _curves(commands: Commands, curved: Ints, ends: Floats) -> Floats:
    """Return the control points and arc parameters of the steps at `curved`; zeros elsewhere."""
    letters = commands.letters | 32
    curves = np.zeros((len(letters), 5))
    begins = np.concatenate((np.zeros((1, 2)), ends[:-1]))
    shift = np.where((commands.letters >= ord("a"))[:, None], begins, 0.0)

    arcs = curved[letters[curved] == ord("a")]
    curves[arcs] = _arguments(commands, arcs, 0, 5)
    cubics = curved[letters[curved] == ord("c")]
    curves[cubics, :4] = _arguments(commands, cubics, 0, 4) + np.tile(shift[cubics], 2)
    smooth = curved[letters[curved] == ord("s")]
    curves[smooth, 2:4] = _arguments(commands, smooth, 0, 2) + shift[smooth]
    follows = np.isin(letters[smooth - 1], list(b"cs"))[:, None]
    mirrored = 2 * begins[smooth] - curves[smooth - 1, 2:4]
    curves[smooth, :2] = np.where(follows, mirrored, begins[smooth])
    _set_quadratics(commands, curved, begins, ends, curves)
    return curves


def _arguments(commands: Commands, which: Ints, skip: int, count: int) -> Floats:
    """Return `count` arguments of the steps `which`, behind `skip` others, (K, count)."""
    taken: Floats = commands.values[commands.at[which, None] + np.arange(skip, skip + count)]
    return taken


def _set_quadratics(
    commands: Commands, curved: Ints, begins: Floats, ends: Floats, curves: Floats
) -> None:
    """Fill in Q and T as the cubics that they equal."""
    letters = commands.letters | 32
    plain, smooth = (curved[letters[curved] == ord(letter)] for letter in "qt")
    handles = np.zeros((len(letters), 2))
    relative = (commands.letters[plain] >= ord("a"))[:, None]
    handles[plain] = _arguments(commands, plain, 0, 2) + np.where(relative, begins[plain], 0.0)
    # Each T mirrors the handle before it, which may be a T's: a chain, and rare.
    for step in smooth.tolist():
        mirrors = letters[step - 1] in b"qt"
        handles[step] = 2 * begins[step] - handles[step - 1] if mirrors else begins[step]
    both = np.concatenate((plain, smooth))
    curves[both, :2] = begins[both] + (handles[both] - begins[both]) * (2 / 3)
    curves[both, 2:4] = ends[both] + (handles[both] - ends[both]) * (2 / 3)
