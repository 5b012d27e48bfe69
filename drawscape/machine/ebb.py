"""The EiBotBoard of AxiDraws and similar machines. Our planner cuts moves into slices of constant speed.

Source: the EBB's published command set, firmware 2.x and 3.x (evil-mad.github.io/EggBot). The board answers
`OK` when a move is queued. One runs and one waits, so the second `OK` after a move proves that it is done:
two moves of no length follow each stroke.
"""

import contextlib
import math
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from drawscape.errors import MachineError
from drawscape.geometry.lines import Floats, Lines, Points
from drawscape.machine.driver import Command, Driver, Place
from drawscape.machine.plan import Section

STEPS_MM = 80.0  # 2032 an inch, at 1/16 steps, along the diagonals
_OLDEST = (2, 4, 3)  # the first with QS
_RAMP_S = 0.02  # the longest slice while the speed changes
_EVEN_S = 0.1  # and while it does not: a stop has to wait for it
_LEAST_S = 0.006  # shorter moves are joined
_LEAST_AT_POINT_S = 0.002  # so a corner is cut by less than 0.02 mm
_UP_PERCENT, _DOWN_PERCENT = 60.0, 30.0
_NO_POWER = (
    "the motors have no power; plug in the machine's own power supply, then put the pen at zero"
)
_LEAST_POWER = 250  # in the unit of QC, of which about 300 are 9 V


@dataclass(frozen=True)
class Lift:
    """What lifts a pen: a servo's pin, its output at 0 and 100 %, and its time: ms at once, and ms a percent.

    Source: evil-mad's public configuration of AxiDraw and NextDraw.
    """

    pin: int
    lowest: int
    highest: int
    begin_ms: float
    percent_ms: float

    def output(self, percent: float) -> int:
        """Return the servo's output for a height in percent."""
        return round(self.lowest + (self.highest - self.lowest) * percent / 100)

    def seconds(self, way: float, rate: float) -> float:
        """Return how long the pen takes for a way in percent, at a rate in percent; AxiDraw's own formula."""
        servo_ms = self.begin_ms + self.percent_ms * way
        ramp_ms = 200 * way / rate
        return float((servo_ms**4 + ramp_ms**4) ** 0.25 / 1000)


LIFTS = {
    "standard": Lift(1, 9855, 27831, 45.0, 2.69),
    "brushless": Lift(2, 5400, 12600, 20.0, 1.28),
}
_RATES = {True: 50.0, False: 75.0}  # percent, of a servo that lowers and lifts the pen
# Those rates in the board's units in 24 ms, of a sweep of all in 200 ms.
_RATE_ROWS = ("SC,11,1618", "SC,12,1079")


class EbbDriver(Driver):
    """An EiBotBoard; places are steps of its two motors, x + y and x - y."""

    title = "EiBotBoard"
    pause_s = 0.1  # some answers are followed by OK, some are not; a busy computer hears it late
    barrier = (Command(b"SM,1,0,0\r"), Command(b"SM,1,0,0\r"))
    _heights: Mapping[bool, float] = {}  # in percent, that the board has for the pen up and down
    _steps = (0, 0)
    _over_s = 0.0
    _has_power = True
    _asks_power = False  # whether the board can measure the motors' supply

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
            self.ask(b"CU,4,1\r", b"OK\r", self.silence_s)
        label = int(self._value("QL", rb"(?:QL,)?(\d+)")[1])
        self.kept_counting = self._has_power and self.marker > 0 and label == self.marker
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
        end = b"" if command == "V" else rb"[\r\n]*OK\r"  # however late it comes: it is this one's
        line = pattern + rb"[^\r\n]*[\r\n]" + end
        return self.ask(command.encode() + b"\r", line, self.silence_s)

    def _count(self) -> tuple[int, int]:
        found = self._value("QS", rb"(?:QS,)?(-?\d+),(-?\d+)")
        return int(found[1]), int(found[2])

    def mark(self) -> None:
        self.marker = random.randint(1, 255)
        self._rows(f"SL,{self.marker}")

    def _rows(self, *rows: str) -> None:
        self.run(Command(f"{row}\r".encode()) for row in rows)

    def prepare(self) -> None:
        self._heights = {}
        self._rows(*_RATE_ROWS)
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
        length = float(np.hypot(*(end - start)))
        if length > 0.5 / STEPS_MM:
            plotter = self.plotter
            limits = plotter.travel_speed, plotter.travel_acceleration
            way = np.stack((start, end))
            yield from self._moves(way, np.array([length]), np.zeros(2), *limits)

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
        along, times, at_points = _slices(lengths, squares, top, acceleration)
        far = np.concatenate(([0.0], np.cumsum(lengths)))
        places = np.stack([np.interp(along, far, points[:, axis]) for axis in (0, 1)], axis=1)
        waited, last = self._over_s, len(times) - 1
        for index, target in enumerate(_steps(places)):
            waited += times[index]
            least_s = _LEAST_AT_POINT_S if at_points[index] else _LEAST_S
            a, b = target[0] - self._steps[0], target[1] - self._steps[1]
            if (a or b) and (waited >= least_s or index == last):
                least = max(1, math.ceil(max(abs(a), abs(b)) / 25))  # 25 steps in a ms at most
                duration = max(round(waited * 1000), least)
                self._steps = target
                waited -= duration / 1000
                yield Command(f"SM,{duration},{a},{b}\r".encode())
        self._over_s = waited

    def pen_up(self, stroke: int = 0) -> Iterator[Command]:
        yield from self._pen(False, float(self.settings.get("up_percent", _UP_PERCENT)))
        if stroke:
            yield from self.barrier
            if self._asks_power:
                yield Command(b"QC\r")
            yield Command(b"QB\r", stroke)

    def pen_down(self, section: Section | None = None) -> Iterator[Command]:
        asked = section.motion.height if section is not None else None
        usual = float(self.settings.get("down_percent", _DOWN_PERCENT))
        yield from self._pen(True, usual if asked is None else float(asked))

    def _pen(self, down: bool, percent: float) -> Iterator[Command]:
        if percent != self._heights.get(down):
            self._heights = {**self._heights, down: percent}
            yield Command(f"SC,{4 + down},{self.lift.output(percent)}\r".encode())
        up, low = self._heights.get(False, _UP_PERCENT), self._heights.get(True, _DOWN_PERCENT)
        wait_ms = round(1000 * self.lift.seconds(abs(up - low), _RATES[down]))
        pin = "" if self.lift.pin == 1 else f",{self.lift.pin}"
        yield Command(f"SP,{1 - down},{wait_ms}{pin}\r".encode())

    def fits(self, command: Command) -> bool:
        # One at a time: what waits in the board's parser would keep a stop from being heard.
        return not self.pending

    def take(self, line: bytes) -> None:
        if line.startswith(b"OK"):
            self.acknowledge()
        elif line.startswith(b"!"):
            raise MachineError(f"the board refused a command: {line.decode(errors='replace')}")
        elif line.isdigit():
            self.button = self.button or line == b"1"
        elif found := re.fullmatch(rb"(?:QC,)?\d+,(\d+)", line):
            if int(found[1]) < _LEAST_POWER:
                raise MachineError(_NO_POWER, lost=True)
        elif not re.fullmatch(rb"[A-Z]{1,3}(,.*)?", line):
            raise self.garbled(line)

    def forget(self) -> None:
        super().forget()
        self._over_s = 0.0

    def halt(self) -> None:
        """Stop without a ramp, and lift the pen; the counters say where it is."""
        self.port.write(b"\rES\r")
        self.rescue()
        self.forget()
        self.run(self.pen_up())
        self._steps = self._count()

    def rescue(self) -> None:
        self.port.write(b"\r" + b"".join(command.text for command in self.pen_up()))
        self.quiet(0.15)


def _steps(places: Points) -> list[tuple[int, int]]:
    steps = np.rint(places @ np.array([[1, 1], [1, -1]]) * STEPS_MM).astype(int)
    return [(a, b) for a, b in steps.tolist()]


def _place(a: int, b: int) -> tuple[float, float]:
    return (a + b) / 2 / STEPS_MM, (a - b) / 2 / STEPS_MM


def _slices(
    lengths: Floats, squares: Floats, top: float, acceleration: float
) -> tuple[Floats, list[float], list[bool]]:
    """Return how far along each slice ends, in mm, its seconds, and whether it ends at a point."""
    enter, leave = squares[:-1], squares[1:]
    most = np.maximum(np.maximum(enter, leave), top * top)
    peak = np.minimum(most, (enter + leave) / 2 + acceleration * lengths)
    rise, fall = (peak - enter) / (2 * acceleration), (peak - leave) / (2 * acceleration)
    ways = np.stack((rise, np.maximum(lengths - rise - fall, 0.0), fall), axis=1).ravel()
    first, fastest, last = np.sqrt(enter), np.sqrt(peak), np.sqrt(leave)
    # The three phases of each step: faster, even, slower.
    speeds = np.stack((first, fastest, fastest), axis=1).ravel()
    changes = np.tile((acceleration, 0.0, -acceleration), len(lengths))
    means = np.stack((first + fastest, 2 * fastest, fastest + last), axis=1).ravel() / 2
    seconds = np.divide(ways, means, out=np.zeros(len(ways)), where=means > 0)
    counts = np.ceil(seconds / np.tile((_RAMP_S, _EVEN_S, _RAMP_S), len(lengths))).astype(int)
    phase = np.repeat(np.arange(len(ways)), counts)
    at = np.arange(1, len(phase) + 1) - np.repeat(np.cumsum(counts) - counts, counts)
    times = (seconds / np.maximum(counts, 1))[phase]
    at = at * times
    along = (np.cumsum(ways) - ways)[phase] + speeds[phase] * at + changes[phase] * at * at / 2
    at_points = np.diff(phase // 3, append=-1) != 0
    return along, times.tolist(), at_points.tolist()
