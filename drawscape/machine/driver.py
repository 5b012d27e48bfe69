"""What all drivers share: a port that says what is wrong, and commands with replies that are counted."""

import contextlib
import errno
import itertools
import os
import re
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from drawscape.errors import MachineError, MissingExtraError
from drawscape.geometry.lines import Points
from drawscape.machine.plan import Section
from drawscape.plot.known_machines import Machine

WINDOW = 2  # strokes that may be with the machine and are not known to be executed

_READ_S = 0.02
_LONGEST_S = 90.0  # that a machine which still says something may take for an answer


class Port:
    """A serial port; whatever goes wrong with it is a MachineError with a remedy."""

    def __init__(self, path: str, baudrate: int) -> None:
        try:
            import serial
        except ImportError:
            raise MissingExtraError("driving a plotter", "machine") from None
        self.path = path
        try:
            self._serial = serial.serial_for_url(
                path, baudrate=baudrate, timeout=_READ_S, write_timeout=3.0, exclusive=True
            )
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise MachineError(_port_trouble(path, error)) from None
        with contextlib.suppress(Exception):  # not a terminal, or none of POSIX
            import termios

            # DTR stays when the port is closed: the next to open it then resets no Arduino.
            attributes = termios.tcgetattr(self._serial.fileno())
            attributes[2] &= ~termios.HUPCL
            termios.tcsetattr(self._serial.fileno(), termios.TCSANOW, attributes)

    def read(self) -> bytes:
        """Return what has arrived, after at most 20 ms."""
        try:
            data: bytes = self._serial.read(self._serial.in_waiting or 1)
        except (OSError, TypeError):  # TypeError: pyserial's own, of a port closed meanwhile
            raise self._gone("broke; check cable and power") from None
        return data

    def write(self, data: bytes) -> None:
        """Send bytes."""
        try:
            self._serial.write(data)
        except OSError as error:
            is_full = "timeout" in str(error).lower()
            full = "takes no more data; is the machine switched on?"
            raise self._gone(full if is_full else "broke; check cable and power") from None

    def _gone(self, why: str) -> MachineError:
        return MachineError(f"the connection to {self.path} {why}, then resume the plot")

    def close(self) -> None:
        """Close the port; what it still held is dropped."""
        with contextlib.suppress(OSError):
            self._serial.close()


def _port_trouble(path: str, error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code in (errno.EACCES, errno.EPERM):
        join = "join its group with `sudo usermod -aG dialout $USER`, then log in again"
        return f"no right to open {path}; {join}"
    if code == errno.ENOENT or not os.path.exists(path):
        return f"there is no port {path}; is the machine plugged in? `drawscape doctor` lists ports"
    if code in (errno.EBUSY, errno.EAGAIN) or "lock" in str(error).lower():
        return f"port {path} is in use by another program; close that first"
    return f"port {path} cannot be opened: {error}"


@dataclass(frozen=True, slots=True)
class Command:
    """What is sent at once; when it is acknowledged, stroke number `stroke` (from 1) is executed.

    `lasts_s` is about how long the machine may take before it answers. Without a `corner` the stroke would
    look different: what comes behind it waits for its answer, where lines can be lost.
    """

    text: bytes
    stroke: int = 0
    lasts_s: float = 0.0
    corner: bool = False


class Driver:
    """A machine at a port: subclasses know its language; places are in mm from the sheet's corner.

    A stroke is a list of commands. `fits` says whether the next may be sent. `poll` returns the strokes that
    are executed by now. Both raise MachineError when the machine does not answer as it should.
    """

    title = "machine"
    baudrate = 115200
    silence_s = 5.0
    window = WINDOW
    line_end = b"\n"
    pause_s = 0.05  # after an answer, for what comes behind it
    changes_pens = False
    knows_origin = False
    homes = False
    barrier: tuple[Command, ...] = ()  # is answered once all before it is done
    button = False  # whether the machine's own button was pressed
    firmware = ""
    kept = True  # whether it still knows where the pen is

    def __init__(self, port: Port, machine: Machine, settings: dict[str, Any]) -> None:
        self.port, self.machine, self.settings = port, machine, settings
        self.plotter = machine.plotter
        self.silence_s = float(settings.get("silence_s", self.silence_s))
        self.zero = (0.0, 0.0)
        self.sheet = (297.0, 210.0)  # in mm, of what is plotted
        self.marker = 0
        self.pending: deque[Command] = deque()
        self._buffer = bytearray()
        self._heard_s = time.monotonic()
        self._executed: list[int] = []

    @property
    def speed(self) -> float:
        """The share of the usual speed that is set."""
        return float(self.settings.get("speed", 100.0)) / 100

    def connect(self) -> None:
        """Find out what is there: `firmware`, and whether it `kept` its place since `mark`."""

    def mark(self) -> None:
        """Leave a note in the machine's memory that a reset wipes out: `marker`."""

    def prepare(self) -> None:
        """Set units and modes; the pen goes up."""

    def position(self) -> tuple[float, float]:
        """Return where the machine says that the pen is."""
        raise NotImplementedError

    def zero_here(self) -> None:
        """Take the place where the pen is for the sheet's corner."""

    def home(self) -> None:
        """Find the corner by switches, where `homes` says that there are any."""

    def travel(self, x: float, y: float) -> Iterator[Command]:
        """Yield what moves the pen, which is up, to a place."""
        raise NotImplementedError

    def park(self) -> Iterator[Command]:
        """Yield what moves the pen, which is up, out of the way."""
        yield from self.travel(0.0, 0.0)

    def pen(self, down: bool, section: Section | None = None, stroke: int = 0) -> Iterator[Command]:
        """Yield what lowers or lifts the pen; lifting it ends `stroke`."""
        raise NotImplementedError

    def change_pen(self, number: int) -> Iterator[Command]:
        """Yield what takes another pen, where the machine can."""
        yield from ()

    def stroke(self, points: Points, section: Section, number: int) -> Iterator[Command]:
        """Yield what draws `points` (N, 2) as stroke `number`, with the way to it."""
        raise NotImplementedError

    def fits(self, command: Command) -> bool:
        """Whether the machine has room for the command now."""
        raise NotImplementedError

    def take(self, line: bytes) -> None:
        """Take one line of what the machine says."""

    def check(self) -> None:
        """See whether the machine is well while it says nothing."""
        if self.pending:
            self.heard_within(self.silence_s + sum(one.lasts_s for one in self.pending))

    def halt(self) -> None:
        """Stop at once and lift the pen; what was sent and not drawn is forgotten."""

    def release(self) -> None:
        """Switch the motors off, so that the carriage can be moved by hand."""
        raise MachineError("this machine cannot switch off its motors by a command")

    def rescue(self) -> None:
        """Lift the pen after whatever program was driving is gone."""

    def heard_within(self, seconds: float) -> None:
        """Raise MachineError when the machine has said nothing for so long."""
        if time.monotonic() - self._heard_s > seconds:
            silent = f"the {self.title} has not answered for {seconds:.0f} s"
            raise MachineError(f"{silent}; check cable and power")

    def ask(self, data: bytes, pattern: bytes, seconds: float = 3.0) -> re.Match[bytes]:
        """Send bytes while nothing is pending; return the answer, whose `string` is all that came.

        Raises MachineError when it says nothing more for so long.
        """
        self.port.write(data)
        heard, since = b"", time.monotonic()
        begun = since
        while (found := re.search(pattern, heard)) is None:
            now = time.monotonic()
            if now - since > seconds or now - begun > max(seconds, _LONGEST_S):
                raise MachineError(
                    f"no {self.title} at {self.port.path}: {data.strip()!r} was answered by "
                    f"{heard[-40:]!r}; check power, cable, port and driver"
                )
            if more := self.port.read():
                heard, since = heard + more, time.monotonic()
        self.quiet(self.pause_s)
        return found

    def quiet(self, seconds: float) -> bytes:
        """Return what arrives until nothing has come for some time."""
        heard, until = b"", time.monotonic() + seconds
        while time.monotonic() < until:
            if data := self.port.read():
                heard += data
                until = time.monotonic() + seconds
        return heard

    def garbled(self, line: bytes) -> MachineError:
        """Return the error for a line that is no answer."""
        sent = f"the {self.title} sent {line[:40]!r}, which is no answer"
        return MachineError(f"{sent}; check cable and interference")

    def send(self, command: Command) -> None:
        """Send a command that fits."""
        if not self.pending:
            self._heard_s = time.monotonic()
        self.pending.append(command)
        self.port.write(self.encoded(command))

    def encoded(self, command: Command) -> bytes:
        """Return the bytes of a command that is sent now."""
        return command.text

    def acknowledge(self) -> None:
        """Take the oldest command for answered; raises MachineError when none is owed an answer."""
        if not self.pending:
            raise MachineError(f"the {self.title} sent an answer without a question; was it reset?")
        if stroke := self.pending.popleft().stroke:
            self._executed.append(stroke)

    def poll(self) -> list[int]:
        """Return the strokes that are known to be executed since the last call; takes up to 20 ms."""
        if data := self.port.read():
            self._heard_s = time.monotonic()
            *lines, rest = bytes(self._buffer + data).split(self.line_end)
            self._buffer[:] = rest
            for line in filter(None, (line.strip(b"\r\n") for line in lines)):
                self.take(line)
        else:
            self.check()
        executed, self._executed = self._executed, []
        return executed

    def run(self, commands: Iterable[Command]) -> None:
        """Send commands and wait until the machine has obeyed them, and stands."""
        for command in itertools.chain(commands, self.barrier):
            while not self.fits(command):
                self.poll()
            self.send(command)
        while self.pending or not self.fits(Command(b"")):
            self.poll()

    def forget(self) -> None:
        """Drop all that was sent and not answered."""
        self.pending.clear()
        self._buffer.clear()
        self._executed.clear()
