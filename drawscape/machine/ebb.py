"""The EiBotBoard of AxiDraws and similar machines. Our planner cuts moves into slices of constant speed.

Source: the EBB's published command set, firmware 2.x and 3.x (evil-mad.github.io/EggBot). The board answers
`OK` when a move is queued. In 2.x one runs and one waits, so the second `OK` after a move proves that it is
done. In 3.x up to 32 wait, and the board says how many, so a busy computer does not stop the pen. Two
moves of length 0 follow each stroke.
"""

import contextlib
import math
import random
import re
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from drawscape.errors import MachineError
from drawscape.geometry.lines import Floats, Lines, Points
from drawscape.machine.driver import Command, Driver, Place
from drawscape.machine.plan import Section
from drawscape.machine.port import Port
from drawscape.plot.known_machines import Machine
from drawscape.plot.lifts import DOWN_PERCENT, LIFTS, LOW, UP_PERCENT, Lift, LiftTimes

STEPS_MM = 80.0  # 2032 an inch, at 1/16 steps, along the diagonals
_OLDEST = (2, 4, 3)  # the first with QS
_TELLS_MOTORS = (2, 8, 0)  # the first with QE
_JUMP_MM_S = 7.0  # the largest change of speed between slices: more makes machines rattle
_EVEN_S = 0.1  # the longest slice while the speed does not change: a stop has to wait for it
_LEAST_S = 0.004  # shorter slices are joined: a corner is cut by less than 0.03 mm
_MOST_WAITING = 32  # moves, of any board
_AHEAD_S = 0.2  # how far ahead moves are sent to a board with room for one
_FILL_S = 0.01  # between two queries of how many wait
_MOVES = (b"SM", b"SP")  # commands that wait for those before them
_NO_POWER = (
    "the motors have no power; plug in the machine's own power supply, then put the pen at zero"
)
_LEAST_POWER = 250  # in the unit of QC, of which about 300 are 9 V


# These override another program's servo settings: 75 and 50 percent in the board's units (24 ms, and
# 200 ms for the whole range).
_SERVO_ROWS = ("SC,1,2", "SC,11,1618", "SC,12,1079")


class EbbDriver(Driver):
    """An EiBotBoard; places are steps of its two motors, x + y and x - y."""

    title = "EiBotBoard"
    pause_s = 0.1  # OK follows only some answers; a busy computer reads it late
    barrier = (Command(b"SM,1,0,0\r"), Command(b"SM,1,0,0\r"))
    _up = _down = math.nan  # heights in percent that the board has for the pen
    _part = 1.0  # of the full height that the pen was lifted
    asked_percent: float | None = None  # how low its layer wants the pen
    _steps = (0, 0)
    _has_power = True
    _asks_power = False  # whether the board can measure the motors' supply
    _depth = 1  # moves that may wait in the board behind the one that runs
    _free = 0  # how many of them may be sent without a query
    _asked_s = 0.0

    def __init__(self, port: Port, machine: Machine, settings: dict[str, Any]) -> None:
        super().__init__(port, machine, settings)
        self._aboard: deque[Command] = deque()  # sent, and not known to be executed

    @property
    def lift(self) -> Lift:
        """What lifts its pen."""
        return LIFTS[str(self.settings.get("lift", self.machine.lift))]

    def connect(self, *, may_reset: bool = False) -> None:
        self.port.write(b"\r")
        self.quiet(0.1)
        self.port.write(b"CU,10,0\rCU,1,1\r")  # the old syntax, whatever another program has set
        self.quiet(0.1)
        found = self._value("V", rb"Version (\d+)\.(\d+)(?:\.(\d+))?").groups()
        version = tuple(int(part or 0) for part in found)
        name = ".".join(map(str, version))
        if version < _OLDEST:
            raise MachineError(f"the board has firmware {name}; update it to 2.4.3 or newer")
        with contextlib.suppress(MachineError):  # not every board measures it
            power = int(self._value("QC", rb"(\d+),(\d+)")[2])
            self._asks_power = power > 0
            self._has_power = power == 0 or power >= _LEAST_POWER
        if version >= (3, 0, 0):
            with contextlib.suppress(MachineError):
                most = int(self._value("QU,2", rb"(?:QU,)?(?:2,)?(\d+)")[1])
                self._depth = min(most, _MOST_WAITING)
            self.ask(f"CU,4,{self._depth}\r".encode(), b"OK\r", self.silence_s)
        is_held = True  # another program releases the motors, and keeps our label
        if version >= _TELLS_MOTORS:
            motors = self._value("QE", rb"(?:QE,)?(\d+),(\d+)").groups()
            is_held = motors == (b"16", b"16")
        label = int(self._value("QL", rb"(?:QL,)?(\d+)")[1])
        self.kept_counting = (
            self._has_power and is_held and self.marker > 0 and label == self.marker
        )
        self.known = self.kept_counting
        self._steps = self._count()
        self.firmware = f"EBB firmware {name}"

    @property
    def advice(self) -> list[str]:
        return [] if self._has_power else [_NO_POWER]

    def take_over(self) -> None:
        if not self._has_power:
            raise MachineError(_NO_POWER, lost=True)

    def _value(self, command: str, pattern: bytes) -> re.Match[bytes]:
        end = b"" if command == "V" else rb"[\r\n]*OK\r"  # this command's own OK, even if late
        line = pattern + rb"[^\r\n]*[\r\n]" + end
        return self.ask(command.encode() + b"\r", line, self.silence_s)

    def _count(self) -> tuple[int, int]:
        found = self._value("QS", rb"(?:QS,)?(-?\d+),(-?\d+)")
        return int(found[1]), int(found[2])

    def mark(self) -> None:
        self.marker = random.randint(1, 255)
        self._rows(f"SL,{self.marker}", "QB")
        self.button = False  # presses before a plot do not count

    def _rows(self, *rows: str) -> None:
        self.run(Command(f"{row}\r".encode()) for row in rows)

    def prepare(self) -> None:
        self._up = self._down = math.nan
        self._rows(*_SERVO_ROWS)
        self.run(self.pen_up())

    def position(self) -> Place:
        return _place(*self._count())

    def zero_here(self) -> None:
        self._rows("EM,1,1")
        self._steps = (0, 0)
        self.known = True

    def release(self) -> None:
        self._rows("EM,0,0", "SL,0")
        self.known = False

    def travel(self, x: float, y: float) -> Iterator[Command]:
        start = np.array(_place(*self._steps))
        end = np.array([x, y])
        length = np.hypot(*(end - start))
        if length > 0.5 / STEPS_MM:
            plotter = self.plotter
            limits = plotter.travel_speed, plotter.travel_acceleration
            way = np.stack((start, end))
            yield from self._moves(way, np.array([length]), np.zeros(2), *limits)

    def stroke(
        self, points: Points, section: Section, number: int, *, low: bool = False
    ) -> Iterator[Command]:
        """Yield a stroke to which the pen comes down on the last part of the way."""
        *heights, lower = self.pen_down(section)
        way = list(self.travel(*points[0].tolist()))
        left_s = np.cumsum([0.0, *(move.lasts_s for move in reversed(way))])
        # A pen that still rises on a short way is not yet high enough.
        early_s = min(self._times.early_s, (self._times.begin_s + left_s[-1]) / 2)
        late = int(np.searchsorted(left_s, early_s, side="right")) - 1
        early, last = way[: len(way) - late], way[len(way) - late :]
        yield from (*heights, *early)
        # Sent together, so that a busy computer cannot stop the pen where it comes down.
        down = b"".join(one.text for one in (self._servo(0, 0.001), *last))
        yield Command(down, lasts_s=sum(one.lasts_s for one in last))
        yield _move(lower.lasts_s - sum(move.lasts_s for move in last), 0, 0)
        yield from self.line(points, section)
        yield from self.pen_up(number, low=low)

    def line(self, points: Points, section: Section) -> Iterator[Command]:
        if len(points) < 2:
            return
        plotter = self.plotter.at(section.motion)
        speed = plotter.draw_speed * self.speed
        line = Lines(points, np.array([0, len(points)]))
        lengths, squares, *_ = replace(plotter, draw_speed=speed).motion(line)
        yield from self._moves(points, lengths, squares, speed, plotter.draw_acceleration)

    def _moves(
        self, points: Points, lengths: Floats, squares: Floats, top: float, acceleration: float
    ) -> Iterator[Command]:
        """Yield moves of constant speed along `points`, which are passed at the given squared speeds."""
        if not lengths.any():
            return
        along, times = _slices(lengths, squares, top, acceleration)
        far = np.concatenate(([0.0], np.cumsum(lengths)))
        places = np.stack([np.interp(along, far, points[:, axis]) for axis in (0, 1)], axis=1)
        waited_s = 0.0
        for seconds, target in zip(times.tolist(), _steps(places), strict=True):
            waited_s += seconds
            a, b = target[0] - self._steps[0], target[1] - self._steps[1]
            if a or b:
                self._steps = target
                yield _move(waited_s, a, b)
                waited_s = 0.0

    def pen_up(self, stroke: int = 0, *, low: bool = False) -> Iterator[Command]:
        self._part = LOW if low else 1.0
        height = self.down_percent + self._way * self._part
        if height != self._up:
            self._up = height
            yield self._height(4, height)
        yield replace(self._servo(1, self._times.raise_s), stroke=stroke)
        if stroke:
            yield from self.barrier

    def pen_down(self, section: Section | None = None) -> Iterator[Command]:
        asked = section.motion.height if section is not None else None
        self.asked_percent = asked
        if self.down_percent != self._down:
            self._down = self.down_percent
            yield self._height(5, self._down)
        yield self._servo(0, self._times.lower_s)

    def _height(self, name: int, percent: float) -> Command:
        return Command(f"SC,{name},{self.lift.output(percent)}\r".encode())

    @property
    def down_percent(self) -> float:
        """The drawing height in percent: its layer's, or the machine's setting."""
        usual = self.settings.get("down_percent", DOWN_PERCENT)
        return float(usual if self.asked_percent is None else self.asked_percent)

    @property
    def _way(self) -> float:
        """The way between the two heights, in percent."""
        return float(self.settings.get("up_percent", UP_PERCENT)) - self.down_percent

    @property
    def _times(self) -> LiftTimes:
        return self.lift.times(abs(self._way), self._part)

    def _servo(self, state: int, wait_s: float) -> Command:
        """Return the command that moves the pen up, 1, or down, 0; the next command waits `wait_s`."""
        pin = "" if self.lift.pin == 1 else f",{self.lift.pin}"
        return Command(f"SP,{state},{round(1000 * wait_s)}{pin}\r".encode(), lasts_s=wait_s)

    def run(self, commands: Iterable[Command]) -> None:
        super().run(commands)
        while self.pending or len(self._aboard) > len(self.barrier):
            self.poll()

    def fits(self, command: Command) -> bool:
        # A command that waits in the board's parser delays a stop.
        ahead_s = command.lasts_s + sum(one.lasts_s for one in self.pending)
        are_several = command.text.count(b"\r") > 1
        if are_several or command.text[:2] not in _MOVES or not self._aboard:
            return True
        if self._depth == 1:
            return not self.pending or ahead_s < _AHEAD_S
        if self._free > 0:
            return True
        self._ask_fill()
        return False

    def send(self, command: Command) -> None:
        if not self.pending:
            self._waiting_since_s = time.monotonic()
        for row in command.text.splitlines(keepends=True):
            one = replace(command, text=row)
            if row[:2] in _MOVES:
                self._free -= 1
                self._aboard.append(one)
                one = replace(one, stroke=0)  # it is executed later than it is answered
            self.pending.append(one)
        self.port.write(command.text)

    def _ask_fill(self) -> None:
        now = time.monotonic()
        if now - self._asked_s > _FILL_S and _FILL not in self.pending:
            self._asked_s = now
            self.send(_FILL)

    def _retire(self, waiting: int) -> None:
        """Count moves as executed, except the running one, those queued behind it, and those not yet sent.

        Then see whether the motors had power for them.
        """
        later = sum(one.text[:2] in _MOVES for one in self.pending)
        self._free = self._depth - waiting - later
        while len(self._aboard) > 1 + waiting + later:
            if stroke := self._aboard.popleft().stroke:
                if self._asks_power:
                    self.send(Command(b"QC\r"))
                self.send(Command(b"QB\r", stroke))

    def acknowledge(self) -> None:
        super().acknowledge()
        if self._depth == 1:
            self._retire(1)

    def check(self) -> None:
        super().check()
        if self._depth > 1 and len(self._aboard) > len(self.barrier):
            self._ask_fill()

    def take(self, line: bytes) -> None:
        if line.startswith(b"OK"):
            self.acknowledge()
        elif line.startswith(b"!"):
            raise MachineError(f"the board refused a command: {line.decode(errors='replace')}")
        elif self.pending and self.pending[0] == _FILL and (words := re.findall(rb"\d+", line)):
            self._retire(int(words[-1]))
        elif line.isdigit():
            self.button = self.button or line == b"1"
        elif found := re.fullmatch(rb"(?:QC,)?\d+,(\d+)", line):
            if int(found[1]) < _LEAST_POWER:
                raise MachineError(_NO_POWER, lost=True)
        elif not re.fullmatch(rb"[A-Z]{1,3}(,.*)?", line):
            raise self.garbled(line)

    def forget(self) -> None:
        super().forget()
        self._aboard.clear()
        self._free = 0

    def halt(self) -> None:
        """Stop without a ramp, and lift the pen; the counters give its position."""
        self.port.write(b"\rES\r")
        self.rescue()
        self.forget()
        self.run(self.pen_up())
        self._steps = self._count()

    def rescue(self) -> None:
        self._up = self._down = math.nan  # the last commands may be lost
        self.port.write(b"\r" + b"".join(command.text for command in self.pen_up()))
        self.quiet(0.15)


_FILL = Command(b"QU,6\r")  # asks how many moves wait


def _move(seconds: float, a: int, b: int) -> Command:
    """Return a move of `a` and `b` steps of the motors, at most 25 per ms."""
    least = max(1, math.ceil(max(abs(a), abs(b)) / 25))
    lasts_ms = max(round(seconds * 1000), least)
    return Command(f"SM,{lasts_ms},{a},{b}\r".encode(), lasts_s=lasts_ms / 1000)


def _steps(places: Points) -> list[tuple[int, int]]:
    steps = np.rint(places @ np.array([[1, 1], [1, -1]]) * STEPS_MM).astype(int)
    return [(a, b) for a, b in steps.tolist()]


def _place(a: int, b: int) -> tuple[float, float]:
    return (a + b) / 2 / STEPS_MM, (a - b) / 2 / STEPS_MM


def _slices(
    lengths: Floats, squares: Floats, top: float, acceleration: float
) -> tuple[Floats, Floats]:
    """Return how far along each slice ends, in mm, and its seconds: whole milliseconds, as the board's."""
    enter, leave = squares[:-1], squares[1:]
    most = np.maximum(np.maximum(enter, leave), top * top)
    peak = np.minimum(most, (enter + leave) / 2 + acceleration * lengths)
    rise, fall = (peak - enter) / (2 * acceleration), (peak - leave) / (2 * acceleration)
    # The three phases of each step: faster, even, slower.
    ways = np.stack((rise, np.maximum(lengths - rise - fall, 0.0), fall), axis=1).ravel()
    first, fastest, last = np.sqrt(enter), np.sqrt(peak), np.sqrt(leave)
    speeds = np.stack((first, fastest, fastest), axis=1).ravel()
    changes = np.tile((acceleration, 0.0, -acceleration), len(lengths))
    means = np.stack((first + fastest, 2 * fastest, fastest + last), axis=1).ravel() / 2
    seconds = np.divide(ways, means, out=np.zeros(len(ways)), where=means > 0)
    ramp_s = _JUMP_MM_S / acceleration
    counts = np.ceil(seconds / np.tile((ramp_s, _EVEN_S, ramp_s), len(lengths))).astype(int)
    slices = np.repeat(seconds / np.maximum(counts, 1), counts)
    times = _joined(np.round(np.cumsum(slices), 3).tolist())
    ends = np.cumsum(seconds)
    phase = np.minimum(np.searchsorted(ends, times), len(ends) - 1)
    at = times - (ends - seconds)[phase]
    along = (np.cumsum(ways) - ways)[phase] + speeds[phase] * at + changes[phase] * at * at / 2
    along[-1] = lengths.sum()
    return along, np.diff(times, prepend=0.0)


def _joined(times: list[float]) -> Floats:
    """Return the times at which slices end, without those that would be too short."""
    kept = [0.0]
    for end in times:
        if end - kept[-1] >= _LEAST_S:
            kept.append(end)
    return np.array([*kept[1:-1], times[-1]])
