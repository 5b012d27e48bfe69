"""What all drivers share: commands with answers that are counted, each with a deadline."""

import itertools
import re
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from drawscape.errors import MachineError
from drawscape.geometry.lines import Points
from drawscape.machine.plan import Section
from drawscape.machine.port import Port
from drawscape.plot.known_machines import Machine

WINDOW = 2  # strokes that may be sent and not known to be executed

Place = tuple[float, float]

_STALLED_S = 1.0  # between two polls: the computer was too busy, or the program was stopped
_SLACK = 1.5  # how much longer than estimated a move may take before its answer is late


@dataclass(frozen=True, slots=True)
class Command:
    """One message to the machine. Its acknowledgement means: stroke number `stroke` (from 1) is executed.

    `lasts_s` estimates how long the machine is busy with it. Losing a `corner` would change the stroke's
    shape. On ports that can lose lines, the next command waits until a corner is acknowledged. `at` is where
    the pen must be then, in mm from the sheet's corner, if the machine can report it. `power` is what its
    servo must have then.
    """

    text: bytes
    stroke: int = 0
    lasts_s: float = 0.0
    corner: bool = False
    at: Place | None = None
    power: float | None = None


class Driver:
    """A machine at a port: subclasses know its language; places are in mm from the sheet's corner.

    A stroke is a list of commands. `fits` says whether the next may be sent. `poll` returns the strokes
    executed by now. Both raise MachineError when the machine does not answer as it should.
    `connect` only reads: no motion, no change. `take_over` ends what another program has left running.
    """

    title = "machine"
    baudrate = 115200
    silence_s = 3.0  # how late an answer may be
    window = WINDOW
    planner = 0  # moves that it may still draw after it has acknowledged them
    line_end = b"\n"
    pause_s = 0.05  # after an answer, to read the bytes that follow it
    changes_pens = False
    homes = False  # whether it finds its position with switches, or knows it
    is_up = False  # whether homing has lifted a pen whose height is unknown
    lets_go = False  # whether its motors are released between two plots
    moves_z = False  # whether its pen is moved by a Z axis, whose height has to be known, too
    barrier: tuple[Command, ...] = ()  # answered when everything before it is done
    button = False  # whether the machine's own button was pressed
    firmware = ""
    alarm = ""  # why it takes no commands until a person says that it may
    kept_counting = False  # whether it has not lost count since `mark`
    known = False  # whether it knows where the pen is; a Z axis also where the paper is
    reach: Place | None = None  # in mm, if it says so itself

    def __init__(self, port: Port, machine: Machine, settings: dict[str, Any]) -> None:
        self.port, self.machine, self.settings = port, machine, settings
        self.plotter = machine.plotter
        self.silence_s = float(settings.get("silence_s", self.silence_s))
        self.zero: Place | None = None  # of the sheet, in the machine's own places
        self.zero_z: float | None = None  # where a Z axis touches the paper
        self.corner: Place | None = None  # the lowest place that it reaches, in its own places
        self.hold_ms: int | None = None  # how long motors held before a plot made them hold always
        self.sheet = (297.0, 210.0)  # in mm, of the drawing
        self.marker = 0
        self.pending: deque[Command] = deque()
        self._planned: deque[Command] = deque(
            maxlen=self.planner
        )  # acknowledged, but perhaps not drawn
        self._waiting_since_s = 0.0  # for the answer to the oldest
        self._heard_s = self._polled_s = 0.0
        self._buffer = bytearray()
        self._executed: list[int] = []

    @property
    def speed(self) -> float:
        """The speed setting, as a fraction of the usual speed."""
        return float(self.settings.get("speed", 100.0)) / 100

    @property
    def limits(self) -> tuple[Place, Place]:
        """The lowest and the highest place that it reaches, in mm from the sheet's corner.

        A pen whose place is unknown counts from where it was at first, which may be anywhere.
        """
        width, height = self.reach or (self.machine.width_mm, self.machine.height_mm)
        if self.corner is not None and self.zero is not None:
            x, y = self.corner[0] - self.zero[0], self.corner[1] - self.zero[1]
            return (x, y), (x + width, y + height)
        return (0.0, 0.0) if self.known else (-width, -height), (width, height)

    @property
    def advice(self) -> list[str]:
        """Sentences about settings of the machine that spoil plots."""
        return []

    def connect(self, *, may_reset: bool = False) -> None:
        """Read `firmware` and `alarm` from the machine, and whether its position is `known`.

        With `may_reset`, a machine that does not answer is reset; it never moves.
        """

    def take_over(self) -> None:
        """End what another program has left, so that commands are heard."""

    def unlock(self) -> None:
        """End an alarm, after a person has said that the machine may move."""

    def mark(self) -> None:
        """Leave a `marker` in the machine's memory that a reset erases."""

    def set_modes(self) -> None:
        """Set units and modes; nothing moves."""

    def prepare(self) -> None:
        """Set units and modes; the pen goes up. A Z axis must know where the paper is."""

    def position(self) -> Place:
        """Return where the pen is, in mm."""
        raise NotImplementedError

    def zero_here(self) -> None:
        """Let the sheet's corner be where the pen is; a pen on a Z axis touches the paper now."""

    def home(self) -> None:
        """Find the corner by switches, if `homes` says that it has any."""

    def travel(self, x: float, y: float) -> Iterator[Command]:
        """Yield what moves the pen, which is up."""
        raise NotImplementedError

    def travel_z(self, by_mm: float) -> Iterator[Command]:
        """Yield what moves a Z axis up, or down if negative."""
        raise MachineError(f"the pen of this {self.title} is not moved by a Z axis")

    def park(self) -> Iterator[Command]:
        """Yield what lifts the pen and moves it out of the way."""
        yield from self.pen_up()
        yield from self.travel(0.0, 0.0)

    def pen_up(self, stroke: int = 0, *, low: bool = False) -> Iterator[Command]:
        """Yield what lifts the pen, which ends `stroke`; `low` is enough before a short way."""
        raise NotImplementedError

    def pen_down(self, section: Section | None = None) -> Iterator[Command]:
        """Yield what lowers the pen, as low as the section asks for."""
        raise NotImplementedError

    def change_pen(self, number: int) -> Iterator[Command]:
        """Yield what takes another pen, if the machine can."""
        yield from ()

    def stroke(
        self, points: Points, section: Section, number: int, *, low: bool = False
    ) -> Iterator[Command]:
        """Yield what draws `points` (N, 2) as stroke `number`, with the way to it; a `low` lift ends it."""
        yield from self.travel(*points[0].tolist())
        yield from self.pen_down(section)
        yield from self.line(points, section)
        yield from self.pen_up(number, low=low)

    def line(self, points: Points, section: Section) -> Iterator[Command]:
        """Yield what moves the pen, which is down at the first of `points` (N, 2), along them."""
        raise NotImplementedError

    def fits(self, command: Command) -> bool:
        """Whether the machine has room for the command now."""
        raise NotImplementedError

    def take(self, line: bytes) -> None:
        """Handle one line from the machine."""

    def check(self) -> None:
        """Check the machine: an overdue answer is an error."""
        if self.overdue_s > self.silence_s:
            raise self.silent(self.silence_s)

    @property
    def overdue_s(self) -> float:
        """How late the answer to the oldest command is, after the time allowed for all planned moves."""
        if not self.pending:
            return 0.0
        busy_s = self.pending[0].lasts_s + sum(one.lasts_s for one in self._planned)
        return time.monotonic() - self._waiting_since_s - _SLACK * busy_s

    def halt(self) -> None:
        """Stop at once and lift the pen. Commands that were sent but not drawn are dropped."""

    def hold_motors(self) -> None:
        """Let the motors hold the carriage while a person is asked, no matter how long that takes."""

    def let_motors_go(self) -> None:
        """Undo `hold_motors`."""

    def release(self) -> None:
        """Switch the motors off, so that the carriage can be moved by hand."""
        raise MachineError("this machine cannot switch off its motors by a command")

    def rescue(self) -> None:
        """Lift the pen after the program that drove the machine has died."""

    def silent(self, seconds: float) -> MachineError:
        """Return the error for a missing answer."""
        late = f"the {self.title} has not answered for {seconds:.0f} s"
        return MachineError(f"{late}; check cable and power")

    def ask(self, data: bytes, pattern: bytes, seconds: float = 3.0) -> re.Match[bytes]:
        """Send bytes while nothing is pending; return the answer, whose `string` is all that was received.

        Raises MachineError without that answer after `seconds`, no matter what else the machine says.
        """
        self.port.write(data)
        heard, until = b"", time.monotonic() + seconds
        while (found := re.search(pattern, heard)) is None:
            is_late = time.monotonic() > until  # a busy computer may have had no time to read it
            heard += self.port.read()
            if is_late and not re.search(pattern, heard):
                raise MachineError(
                    f"no {self.title} at {self.port.path}: {data.strip()!r} was answered by "
                    f"{heard[-40:]!r}; check power, cable, port, baud rate and driver"
                )
        self.quiet(self.pause_s)
        return found

    def quiet(self, seconds: float) -> bytes:
        """Return what arrives until the machine is silent for `seconds`, with a limit if it never is."""
        heard, until = b"", time.monotonic() + seconds
        latest = until + 3 * seconds
        while time.monotonic() < min(until, latest):
            if data := self.port.read():
                heard += data
                until = time.monotonic() + seconds
        return heard

    def garbled(self, line: bytes) -> MachineError:
        """Return the error for a line that is not an answer."""
        sent = f"the {self.title} sent {line[:40]!r}, which is no answer"
        return MachineError(f"{sent}; check cable and interference")

    def send(self, command: Command) -> None:
        """Send a command that fits."""
        if not self.pending:
            self._waiting_since_s = time.monotonic()
        self.pending.append(command)
        self.port.write(self.encoded(command))

    def encoded(self, command: Command) -> bytes:
        """Return the bytes of a command that is sent now."""
        return command.text

    def acknowledge(self) -> None:
        """Mark the oldest command as answered; raises MachineError when none waits for an answer."""
        if not self.pending:
            raise MachineError(f"the {self.title} sent an answer without a question; was it reset?")
        command = self.pending.popleft()
        self._planned.append(command)
        self._waiting_since_s = time.monotonic()
        if command.stroke:
            self._executed.append(command.stroke)

    def poll(self) -> list[int]:
        """Return the strokes that are known to be executed since the last call; takes up to 20 ms."""
        data, before_s = self.port.read(), self._polled_s
        self._polled_s = time.monotonic()
        if self._polled_s - before_s > _STALLED_S:  # nobody has read: no answer is late yet
            self._waiting_since_s = self._heard_s = self._polled_s
        if data:
            *lines, rest = bytes(self._buffer + data).split(self.line_end)
            self._buffer[:] = rest
            for line in filter(None, (line.strip(b"\r\n") for line in lines)):
                self.take(line)
        self.check()
        executed, self._executed = self._executed, []
        return executed

    def run(self, commands: Iterable[Command]) -> None:
        """Send commands and wait until the machine has executed them, and stands still."""
        for command in itertools.chain(commands, self.barrier):
            while not self.fits(command):
                self.poll()
            self.send(command)
        while self.pending or not self.fits(Command(b"")):
            self.poll()

    def forget(self) -> None:
        """Drop all commands that were sent but not answered."""
        self.pending.clear()
        self._planned.clear()
        self._buffer.clear()
        self._executed.clear()
