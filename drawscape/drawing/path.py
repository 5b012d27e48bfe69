"""Path data to lines: commands, absolute segments, straight pieces within a tolerance.

All paths of a document are read in one pass, without a loop over them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import orjson
from numpy.typing import NDArray

from drawscape.drawing.values import LARGEST_MM, NUMBER
from drawscape.errors import SvgReadError
from drawscape.geometry.curves import Ellipses, bezier_pieces, bezier_points
from drawscape.geometry.lines import Flags, Floats, Ints, Lines, offsets_of, ranges

_PATH = ord("|")
_COUNTS = {"MLT": 2, "HV": 1, "C": 6, "SQ": 4, "A": 7, "Z": 0}
_ARITY = np.full(256, -1, dtype=np.int64)
_ARITY[_PATH] = 0
for _letters, _count in _COUNTS.items():
    _ARITY[list((_letters + _letters.lower()).encode())] = _count
_ALLOWED = _ARITY >= 0
_ALLOWED[list(b"0123456789+-.eE, \t\r\n\f")] = True
# A comma is only allowed between two numbers: not after a letter or a comma, nor at the beginning.
_NO_COMMA_AFTER = _ARITY >= 0
_NO_COMMA_AFTER[ord(",")] = True

_GAP = r"[ \t\r\n\f]*+"
_COMMA = rf"{_GAP},?+{_GAP}"
_ARC = _COMMA.join([rf"({NUMBER})"] * 3 + ["([01])"] * 2 + [rf"({NUMBER})"] * 2)
_ARCS = re.compile(rb"[aA][^a-df-zA-DF-Z|]*+")
# It begins at the start of a number, never inside: a row of digits is read once.
_ARC_ARGUMENTS, _APART = (
    re.compile(rb"(?:(?<!\d)|(?=[-+.]))" + _ARC.encode()),
    rb"\1 \2 \3 \4 \5 \6 \7 ",
)
_WITH_EXPONENT = re.compile(rb"[eE][-+]?\d++(?=\.)")
_MAYBE_LARGE = re.compile(r"\d{10}|[eE]\+?\d")
_NUMBER = re.compile(NUMBER)


def _command(letters: str, count: int) -> str:
    """Return the pattern of a command with one or more complete groups of its arguments."""
    group = _ARC.replace(f"({NUMBER})", NUMBER) if count == 7 else _COMMA.join([NUMBER] * count)
    more = rf"{_GAP}(?>{group})(?:{_COMMA}(?>{group}))*+(?:{_GAP},)?+" if count else ""
    return f"[{letters}{letters.lower()}]{more}"


_COMMANDS = rf"(?:{_GAP}(?:{'|'.join(map(_command, _COUNTS, _COUNTS.values()))}))*+{_GAP}"
_SOUND = re.compile(rf"(?:(?={_GAP}[Mm]){_COMMANDS})?+", re.ASCII)


@dataclass(frozen=True)
class _PathCommands:
    """One entry per drawn step; a letter with several groups of arguments is several steps.

    `letters` (S,) are ASCII codes; the second pair after `M` counts as `L`. `paths` (S,) is the path
    that each belongs to, `at` (S,) where its arguments begin in `values`.
    """

    letters: NDArray[np.uint8]
    paths: Ints
    at: Ints
    values: Floats


def _read_commands(paths: Sequence[str]) -> tuple[_PathCommands, int]:
    """Return the commands of all `paths`, and how many of these hold an error.

    A path is drawn up to its error, as the SVG standard asks.
    """
    found = _steps(_joined(paths), len(paths))
    if found is not None:
        return found, 0
    whole = [_up_to_error(d) for d in paths]
    found = _steps(_joined(whole), len(paths))
    assert found is not None
    return found, sum(map(str.__ne__, paths, whole))


def _joined(paths: Sequence[str]) -> bytes:
    """Return all paths, each after a bar: a pseudo-command that the first letter must follow.

    Flags of arcs are separated: `a1 1 0 015 5` needs no gaps there. So are numbers that begin with a point
    because the one before already has a point or an exponent: `1.5.5`, `1e5.5`.
    """
    text = ("|" + "|".join(paths)).encode("ascii", "replace") if paths else b""
    if b"a" in text or b"A" in text:
        text = _ARCS.sub(lambda run: _ARC_ARGUMENTS.sub(_APART, run[0]), text)
    if b"e" in text or b"E" in text:
        text = _WITH_EXPONENT.sub(rb"\g<0> ", text)
    raw = np.frombuffer(text, dtype=np.uint8)
    marks = np.flatnonzero(raw - ord("0") > 9)  # not digits; below "0" it wraps
    points = raw[marks] == ord(".")
    second = marks[1:][points[1:] & points[:-1]]
    return np.insert(raw, second, ord(" ")).tobytes() if len(second) else text


def is_sound(d: str) -> bool:
    """Return whether the path data `d` has no error."""
    return next(_SOUND.finditer(d))[0] == d


def _up_to_error(d: str) -> str:
    sound = next(_SOUND.finditer(d))[0]
    if _MAYBE_LARGE.search(sound):
        numbers = _NUMBER.finditer(sound)
        large = next((n.start() for n in numbers if abs(float(n[0])) > LARGEST_MM), None)
        sound = next(_SOUND.finditer(sound, 0, large or len(sound)))[0]
    return sound


def _steps(text: bytes, count: int) -> _PathCommands | None:
    """Return the commands of `count` joined paths; None when they may hold an error."""
    solid = np.frombuffer(text.translate(None, b" \t\r\n\f"), dtype=np.uint8)
    commas = _NO_COMMA_AFTER[solid[:-1]] & (solid[1:] == ord(","))
    if text.count(b"|") != count or not _ALLOWED[solid].all() or commas.any():
        return None
    values, starts = parse_numbers(text)
    raw = np.frombuffer(text, dtype=np.uint8)
    positions = np.flatnonzero(_ARITY[raw] >= 0)
    letters = raw[positions]
    first = np.searchsorted(starts, positions)
    given = np.diff(np.append(first, len(values)))
    bars, arity = letters == _PATH, _ARITY[letters]
    repeats = np.where(arity > 0, given // np.maximum(arity, 1), 1)
    behind_bar = np.append(False, bars[:-1]) & ~bars
    wrong = (
        (repeats * arity != given) | (repeats == 0) | (behind_bar & ((letters | 32) != ord("m")))
    )
    if wrong.any() or not (np.abs(values) <= LARGEST_MM).all():
        return None
    repeats[bars] = 0
    which = np.repeat(np.arange(len(letters)), repeats)
    nth = ranges(0, repeats)
    drawn, at = letters[which], first[which] + nth * arity[which]
    arcs = at[(drawn | 32) == ord("a")]
    if len(arcs):
        flags = values[arcs[:, None] + (3, 4)]
        if not ((flags == 0) | (flags == 1)).all():
            return None
    # More pairs after a move are lines: M is one letter after L.
    drawn[(nth > 0) & ((drawn | 32) == ord("m"))] -= 1
    return _PathCommands(drawn, (np.cumsum(bars) - 1)[which], at, values)


MOVE, LINE, CUBIC, ARC, CLOSE = range(5)

_KINDS = np.zeros(256, dtype=np.uint8)
_KINDS[list(b"MmLlHhVv")] = [MOVE, MOVE] + [LINE] * 6
_KINDS[list(b"CcSsQqTtAaZz")] = [CUBIC] * 8 + [ARC] * 2 + [CLOSE] * 2
# Where a command's end point is among its arguments.
_END = np.zeros(256, dtype=np.int64)
_END[list(b"CcSsQqAa")] = [4, 4, 2, 2, 2, 2, 5, 5]


@dataclass(frozen=True)
class PathSegments:
    """Steps of all paths: `kinds` (S,), `paths` (S,), `ends` (S, 2), `curves` (S, 5) or (0, 5).

    A subpath begins with a MOVE. `curves` holds a CUBIC's two control points, and an ARC's radii,
    rotation in degrees, large and sweep flag; it is empty if all is straight. `broken`
    counts the paths with an error, which are drawn up to it.
    """

    kinds: NDArray[np.uint8]
    paths: Ints
    ends: Floats
    curves: Floats
    broken: int


def _begins(ends: Floats) -> Floats:
    """Return where each step begins, (S, 2)."""
    return np.concatenate((np.zeros((1, 2)), ends[:-1]))


def read_segments(paths: Sequence[str]) -> PathSegments:
    """Return the absolute segments of all `paths` (the text of their `d` attributes)."""
    commands, broken = _read_commands(paths)
    commands = _with_moves_after_closing(commands)
    kinds = _KINDS[commands.letters]
    ends = _resolved_ends(commands, kinds)
    curved = np.flatnonzero((kinds == CUBIC) | (kinds == ARC))
    curves = _curves(commands, curved, ends) if len(curved) else np.empty((0, 5))
    return PathSegments(kinds, commands.paths, ends, curves, broken)


def _with_moves_after_closing(commands: _PathCommands) -> _PathCommands:
    """Return the commands with `m 0,0` where drawing continues after `z`; a `z` after a `z` is left out."""
    kinds = _KINDS[commands.letters]
    follows = np.append(False, kinds[:-1] == CLOSE) & (kinds != MOVE)
    if not follows.any():
        return commands
    kept = ~follows | (kinds != CLOSE)
    needed = np.flatnonzero(follows[kept])
    letters, paths, at = (each[kept] for each in (commands.letters, commands.paths, commands.at))
    return _PathCommands(
        np.insert(letters, needed, ord("m")),
        np.insert(paths, needed, paths[needed]),
        np.insert(at, needed, len(commands.values)),
        np.append(commands.values, [0.0, 0.0]),
    )


def _end_arguments(commands: _PathCommands) -> Floats:
    at = commands.at + _END[commands.letters]
    values = np.append(commands.values, [0.0, 0.0])
    return np.stack((values[np.minimum(at, len(values) - 1)], values[at + 1]), axis=1)


def _resolved_ends(commands: _PathCommands, kinds: NDArray[np.uint8]) -> Floats:
    """Return where each step ends on the page, (S, 2)."""
    letters, pairs = commands.letters, _end_arguments(commands)
    if not len(letters):
        return pairs
    upright, level = (letters | 32) == ord("v"), (letters | 32) == ord("h")
    closing = kinds == CLOSE
    ends = np.empty_like(pairs)
    for axis, still in enumerate((closing | upright, closing | level)):
        steps = np.where(still, 0.0, pairs[:, axis])
        if axis == 1:
            steps[upright] = pairs[upright, 0]
        absolute = (letters < ord("a")) & ~still
        ends[:, axis] = _running(commands.paths, kinds, steps, absolute)
    moves = np.flatnonzero(kinds == MOVE)
    heads = moves[np.cumsum(kinds == MOVE) - 1]  # the first step of each one's subpath
    ends[closing] = ends[heads[closing]]
    return ends


def _running(paths: Ints, kinds: NDArray[np.uint8], steps: Floats, absolute: Flags) -> Floats:
    """Return one coordinate of every step's end; `steps` are differences unless `absolute`.

    `m5 0 l1 0 L9 0 l1 0 m2 0` has the steps 5 1 9 1 2, of which the third is absolute. Within the
    subpaths that is 0 1 9 10 and 0: the last two of the first are fixed. The first starts at 5, the
    second 2 after the first's exit at 10. So the ends are 5 6 9 10 and 12.
    """
    moving = kinds == MOVE
    moves = np.flatnonzero(moving)
    subpath = np.cumsum(moving) - 1
    # Relative to the subpath's start until its first absolute step; fixed on the page after it.
    local = _chained(np.where(moving, 0.0, steps), moving | absolute)
    anchors = np.where(absolute & ~moving, np.arange(len(steps)), -1)
    fixed = np.maximum.accumulate(anchors) > moves[subpath]
    # A closed subpath is left at its start.
    last = np.append(moves[1:], len(steps)) - 1
    closed = kinds[last] == CLOSE
    exits = np.where(closed, 0.0, local[last])
    # A relative move starts at the exit before it, except a path's first.
    follows = ~absolute[moves]
    follows[0] = False
    follows[1:] &= paths[moves[1:]] == paths[moves[:-1]]
    starts = steps[moves]
    starts[1:] += np.where(follows[1:], exits[:-1], 0.0)
    known = ~follows
    known[1:] |= (fixed[last] & ~closed)[:-1]
    starts = _chained(starts, known)
    return local + np.where(fixed, 0.0, starts[subpath])


def _chained(steps: Floats, known: Flags) -> Floats:
    """Return running sums of `steps` that restart where `known`."""
    where = np.arange(len(steps))
    anchor = np.maximum.accumulate(np.where(known, where, 0))
    total = np.cumsum(np.where(known, 0.0, steps))
    return steps[anchor] + total - total[anchor]


def _curves(commands: _PathCommands, curved: Ints, ends: Floats) -> Floats:
    """Return the control points and arc parameters of the steps at `curved`; zeros elsewhere."""
    letters = commands.letters | 32
    curves = np.zeros((len(letters), 5))
    begins = _begins(ends)
    shift = np.where((commands.letters >= ord("a"))[:, None], begins, 0.0)
    arcs = curved[letters[curved] == ord("a")]
    curves[arcs] = _arguments(commands, arcs, 5)
    cubics = curved[letters[curved] == ord("c")]
    curves[cubics, :4] = _arguments(commands, cubics, 4) + np.tile(shift[cubics], 2)
    smooth = curved[letters[curved] == ord("s")]
    curves[smooth, 2:4] = _arguments(commands, smooth, 2) + shift[smooth]
    follows = np.isin(letters[smooth - 1], list(b"cs"))[:, None]
    mirrored = 2 * begins[smooth] - curves[smooth - 1, 2:4]
    curves[smooth, :2] = np.where(follows, mirrored, begins[smooth])
    _set_quadratics(commands, curved, begins, ends, curves)
    return curves


def _arguments(commands: _PathCommands, which: Ints, count: int) -> Floats:
    """Return `count` arguments of the steps `which`, (K, count)."""
    return commands.values[commands.at[which, None] + np.arange(count)]


def _set_quadratics(
    commands: _PathCommands, curved: Ints, begins: Floats, ends: Floats, curves: Floats
) -> None:
    """Fill in Q and T as equal cubics."""
    letters = commands.letters | 32
    plain, smooth = (curved[letters[curved] == ord(letter)] for letter in "qt")
    handles = np.zeros((len(letters), 2))
    relative = (commands.letters[plain] >= ord("a"))[:, None]
    handles[plain] = _arguments(commands, plain, 2) + np.where(relative, begins[plain], 0.0)
    # Each T mirrors the handle before it, which may be a T's: a rare chain.
    for step in smooth.tolist():
        mirrors = letters[step - 1] in b"qt"
        handles[step] = 2 * begins[step] - handles[step - 1] if mirrors else begins[step]
    both = np.concatenate((plain, smooth))
    curves[both, :2] = begins[both] + (handles[both] - begins[both]) * (2 / 3)
    curves[both, 2:4] = ends[both] + (handles[both] - ends[both]) * (2 / 3)


# A gigabyte of coordinates; a million circles of a kilometre each would take thirty.
MOST_POINTS = 50_000_000
# Beyond this a curve is larger than any sheet; without a limit, one attribute could fill the memory.
_MOST_PIECES = 4096


def flatten(
    segments: PathSegments, tolerance: Floats, *, most: int = MOST_POINTS
) -> tuple[Lines, Ints]:
    """Return the subpaths as lines, and the path (M,) that each belongs to.

    `tolerance` is one distance per path, in the path's units: the largest gap between a curve and
    its chords; more than `most` points are refused. A subpath of a single move is left out; `M1,1z`
    is a dot of two points.
    """
    if not len(segments.kinds):
        return Lines.empty(), np.empty(0, dtype=np.int64)
    pieces, points = _stepped(segments, tolerance, most)
    moves = np.flatnonzero(segments.kinds == MOVE)
    along = offsets_of(pieces)
    offsets = np.append(along[moves], along[-1])
    paths = segments.paths[moves]
    short = np.diff(offsets) < 2
    lines = Lines(np.ascontiguousarray(points), offsets)
    return (lines.take(~short), paths[~short]) if short.any() else (lines, paths)


def _stepped(segments: PathSegments, tolerance: Floats, most: int) -> tuple[Ints, Floats]:
    """Return how many points each segment adds to its line (S,), and these points, as in `flatten`."""
    kinds, begins = segments.kinds, _begins(segments.ends)
    pieces = np.ones(len(kinds), dtype=np.int64)
    closing = np.flatnonzero(kinds == CLOSE)
    dots = kinds[closing - 1] == MOVE
    pieces[closing] = (begins[closing] != segments.ends[closing]).any(axis=1) | dots
    if not len(segments.curves):
        return pieces, segments.ends[pieces > 0] if len(closing) else segments.ends
    plain = (kinds != CUBIC) & (kinds != ARC) & (pieces > 0)
    cubics, arcs = (np.flatnonzero(kinds == kind) for kind in (CUBIC, ARC))
    tolerance = tolerance[segments.paths]
    inner = segments.curves[cubics, :4].reshape(-1, 2, 2)
    controls = np.concatenate((begins[cubics, None], inner, segments.ends[cubics, None]), axis=1)
    pieces[cubics] = _whole(bezier_pieces(controls, tolerance[cubics]))
    ellipses = Ellipses.of(begins[arcs], segments.ends[arcs], segments.curves[arcs])
    pieces[arcs] = _whole(ellipses.pieces(tolerance[arcs]))
    last = np.cumsum(pieces)
    if last[-1] > most:
        raise SvgReadError(
            f"the curves make {last[-1]:,} points; the limit is {most:,}: raise the tolerance"
        )
    points = np.empty((last[-1], 2))
    points[last[plain] - 1] = segments.ends[plain]
    for which in (cubics, arcs):
        counts = pieces[which]
        row = np.repeat(np.arange(len(which)), counts)
        along = ranges(1, counts) / counts[row]
        points[ranges(last[which] - counts, counts)] = (
            bezier_points(controls, counts, along) if which is cubics else ellipses.at(row, along)
        )
        points[last[which] - 1] = segments.ends[which]
    return pieces, points


def _whole(pieces: Floats) -> Ints:
    return np.ceil(np.fmin(pieces, _MOST_PIECES)).astype(np.int64)


def flatten_paths(paths: Sequence[str], tolerances: Sequence[float]) -> list[Lines]:
    """Return the lines of each of `paths`, path data, all of them read in one pass.

    `tolerances` are as in `flatten`. A path is drawn up to its first error.
    """
    lines, owners = flatten(read_segments(paths), np.array(tolerances))
    first = np.searchsorted(owners, np.arange(len(paths) + 1)).tolist()
    return [lines.part(begin, end) for begin, end in pairwise(first)]


def outline(tag: str, n: Mapping[str, float | None]) -> str:
    """Return the outline of a line, rect, circle or ellipse as absolute path data, its arcs exact.

    `n` holds the coordinates by their names in SVG. There x,
    y, cx and cy are 0 when missing. A missing `rx` or `ry` equals the other.
    The result is '' for a shape without extent.
    """

    def get(name: str) -> float:
        return n.get(name) or 0.0

    if tag == "line":
        return f"M{get('x1')},{get('y1')} L{get('x2')},{get('y2')}"
    rx = get("rx") if n.get("rx") is not None else get("ry")
    ry = get("ry") if n.get("ry") is not None else get("rx")
    if tag == "rect":
        return _rectangle(get("x"), get("y"), get("width"), get("height"), rx, ry)
    if tag == "circle":
        rx = ry = get("r")
    if rx <= 0 or ry <= 0:
        return ""
    # Quarters, as the standard asks: the points at the axes are then exact. The centre of a half turn
    # depends on the last digit of its ends.
    corners = ((1, 0), (0, 1), (-1, 0), (0, -1), (1, 0))
    ends = [f"{get('cx') + x * rx},{get('cy') + y * ry}" for x, y in corners]
    return f"M{ends[0]} " + " ".join(f"A{rx},{ry} 0 0 1 {end}" for end in ends[1:]) + " Z"


def _rectangle(x: float, y: float, width: float, height: float, rx: float, ry: float) -> str:
    if width <= 0 or height <= 0:
        return ""
    right, bottom = x + width, y + height
    # No radius is larger than half a side.
    rx, ry = min(rx, width / 2), min(ry, height / 2)
    if rx <= 0 or ry <= 0:
        return f"M{x},{y} L{right},{y} L{right},{bottom} L{x},{bottom} Z"
    turn = f"A{rx},{ry} 0 0 1 "
    return (
        f"M{x + rx},{y} L{right - rx},{y} {turn}{right},{y + ry} L{right},{bottom - ry} "
        f"{turn}{right - rx},{bottom} L{x + rx},{bottom} {turn}{x},{bottom - ry} "
        f"L{x},{y + ry} {turn}{x + rx},{y} Z"
    )


def _bytes_of(letters: bytes) -> Flags:
    """Return which of all 256 bytes are among `letters`, (256,)."""
    found = np.zeros(256, dtype=bool)
    found[list(letters)] = True
    return found


_IN_NUMBER = _bytes_of(b"0123456789.+-eE")
_SIGN, _EXPONENT = _bytes_of(b"+-"), _bytes_of(b"eE")
_AS_COMMAS = bytes.maketrans(b" \n", b",,")
# Numbers read at once: each briefly becomes an object.
_CHUNK = 65_536


def parse_numbers(text: bytes) -> tuple[Floats, Ints]:
    """Return every number in `text`, (K,), and where each begins, (K,).

    Signs separate numbers, and so does anything that cannot belong to one. If one is malformed (`-`, `.`,
    `1e`, `1.5.5`), all are nan.
    """
    raw = np.frombuffer(b" " + text, dtype=np.uint8)
    inside = _IN_NUMBER[raw]
    # A sign after another character begins a number, except that of an exponent.
    touching = inside[:-1] & _SIGN[raw[1:]] & ~_EXPONENT[raw[:-1]]
    starts = np.flatnonzero(inside & np.append(False, touching | ~inside[:-1]))
    # All numbers in a row, a comma before each.
    row = np.insert(raw[inside], np.cumsum(inside)[starts] - 1, ord(","))
    commas = np.append(np.flatnonzero(row == ord(",")), len(row))
    values = np.empty(len(starts))
    for low in range(0, len(starts), _CHUNK):
        high = min(low + _CHUNK, len(starts))
        try:
            values[low:high] = _floats(row[commas[low] + 1 : commas[high]].tobytes())
        except ValueError:
            values.fill(np.nan)
            break
    return values, starts - 1


def _floats(text: bytes) -> Floats:
    """Return the numbers between commas; raise ValueError for a malformed one."""
    try:
        found = orjson.loads(b"[" + text + b"]")
    except orjson.JSONDecodeError:  # `.5` and `+1` are numbers in SVG, but not in JSON
        found = text.split(b",")
    return np.fromiter(found, np.float64, len(found))


def parse_pairs(text: bytes) -> tuple[Floats, Ints] | None:
    """Return the points (N, 2) of lines `x,y x,y`, each ended by a line feed, and the last of each (M,).

    Other text gives None.
    """
    marks = text.translate(None, b"0123456789.-")
    behind_x, behind_y = marks[::2], marks[1::2]
    if behind_x.strip(b",") or behind_y.strip(b" \n") or not text.endswith(b"\n"):
        return None
    try:
        values = _floats(text[:-1].translate(_AS_COMMAS))
    except ValueError:
        return None
    if len(values) != len(marks) or len(marks) % 2:
        return None
    return values.reshape(-1, 2), np.flatnonzero(np.frombuffer(behind_y, np.uint8) == ord("\n"))
