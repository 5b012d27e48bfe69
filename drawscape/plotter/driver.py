"""What all drivers share: a port that says what is wrong, and commands with replies that are counted."""

import contextlib
import errno
import os
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from drawscape.errors import MachineError, MissingExtraError
from drawscape.geometry.lines import Points
from drawscape.plot.machine import Machine
from drawscape.plotter.plan import Section

WINDOW = 2
"""How many strokes may be with the machine that are not known to be executed."""

_READ_S = 0.02


class Port:
    """A serial port; whatever goes wrong with it is a MachineError with a remedy."""

    def __init__(self, path: str, baudrate: int, *, xonxoff: bool = False) -> None:
        try:
            import serial
        except ImportError:
            raise MissingExtraError("driving a plotter", "machine") from None
        self.path = path
        try:
            self._serial = serial.serial_for_url(
                path,
                baudrate=baudrate,
                timeout=_READ_S,
                write_timeout=3.0,
                xonxoff=xonxoff,
                exclusive=True,
            )
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise MachineError(_port_trouble(path, error)) from None
        self._failure = serial.SerialException
        self._keep_dtr()

    def _keep_dtr(self) -> None:
        """Let DTR stay when the port is closed: the next to open it then resets no Arduino."""
        with contextlib.suppress(Exception):  # not a terminal, or none of POSIX
            import termios

            attributes = termios.tcgetattr(self._serial.fileno())
            attributes[2] &= ~termios.HUPCL
            termios.tcsetattr(self._serial.fileno(), termios.TCSANOW, attributes)

    def read(self) -> bytes:
        """Return what has arrived, after at most 20 ms."""
        try:
            data: bytes = self._serial.read(self._serial.in_waiting or 1)
        except (OSError, TypeError, self._failure):
            raise self._gone() from None
        return data

    def write(self, data: bytes) -> None:
        """Send bytes."""
        try:
            self._serial.write(data)
        except self._failure as error:
            if "timeout" in str(error).lower():
                raise MachineError(
                    f"the machine at {self.path} takes no more data; is it switched on?"
                ) from None
            raise self._gone() from None
        except OSError:
            raise self._gone() from None

    def _gone(self) -> MachineError:
        return MachineError(
            f"the connection to {self.path} broke; check cable and power, then resume the plot"
        )

    def fileno(self) -> int:
        """Return the descriptor, for a process that takes over."""
        number: int = self._serial.fileno()
        return number

    def close(self) -> None:
        """Close the port; what it still held is dropped."""
        with contextlib.suppress(OSError):
            self._serial.close()


def _port_trouble(path: str, error: Exception) -> str:
    code = getattr(error, "errno", None)
    text = str(error)
    if code == errno.EACCES:
        return (
            f"no right to open {path}; join its group with `sudo usermod -aG dialout $USER`, "
            "then log in again"
        )
    if code == errno.ENOENT or "could not find" in text or not os.path.exists(path):
        return f"there is no port {path}; is the machine plugged in? `drawscape doctor` lists ports"
    if code in (errno.EBUSY, errno.EAGAIN) or "lock" in text.lower():
        return f"port {path} is in use by another program; close that first"
    return f"port {path} cannot be opened: {text}"


@dataclass(frozen=True, slots=True)
class Command:
    """What is sent at once; when it is acknowledged, stroke number `stroke` (from 1) is executed.

    `lasts_s` is about how long the machine may take before it answers.
    """

    text: bytes
    stroke: int = 0
    lasts_s: float = 0.0


@dataclass(frozen=True)
class Contact:
    """What a machine said of itself: its firmware, and whether it still knows where the pen is."""

    firmware: str
    kept: bool


class Driver:
    """A machine at a port: subclasses know its language; places are in mm from the sheet's corner.

    A stroke is a list of commands. `fits` says whether the next may be sent, `poll` returns the strokes
    that are executed by now, and raises MachineError when the machine does not answer as it should.
    """

    baudrate = 115200
    silence_s = 5.0
    window = WINDOW
    changes_pens = False
    button = False  # whether the machine's own button was pressed
    knows_origin = False

    def __init__(self, port: Port, machine: Machine, settings: dict[str, Any]) -> None:
        self.port, self.machine, self.settings = port, machine, settings
        self.silence_s = float(settings.get("silence_s", self.silence_s))
        self.zero = (0.0, 0.0)
        self.sheet = (297.0, 210.0)  # in mm, of what is plotted
        self.marker = 0
        self.pending: deque[Command] = deque()
        self.homes = False
        self._buffer = bytearray()
        self._heard_s = time.monotonic()
        self._executed: list[int] = []

    # What a language differs in

    def connect(self, marker: int) -> Contact:
        """Find out what is there; `marker` is what `mark` returned when it was last connected."""
        raise NotImplementedError

    def mark(self) -> int:
        """Leave a note in the machine's memory that a reset wipes out, and return it."""
        return 0

    def prepare(self) -> None:
        """Set units and modes; the pen goes up."""

    def position(self) -> tuple[float, float]:
        """Return where the machine says that the pen is."""
        raise NotImplementedError

    def zero_here(self) -> None:
        """Take the place where the pen is for the sheet's corner."""

    def home(self) -> None:
        """Find the corner by switches."""
        raise MachineError("this machine has no homing switch; put the pen at zero by hand")

    def travel(self, x: float, y: float) -> Iterator[Command]:
        """Yield what moves the pen, which is up, to a place."""
        raise NotImplementedError

    def pen(self, down: bool, section: Section | None = None) -> Iterator[Command]:
        """Yield what lowers or lifts the pen."""
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
        raise NotImplementedError

    def check(self) -> None:
        """Look whether the machine is well while it owes a reply."""
        if self.pending and time.monotonic() - self._heard_s > self.silence_s + sum(
            command.lasts_s for command in self.pending
        ):
            raise MachineError(f"the machine has not answered for {self.silence_s:g} s")

    def halt(self) -> None:
        """Stop at once and lift the pen; what was sent and not drawn is forgotten."""
        raise NotImplementedError

    def release(self) -> None:
        """Switch the motors off, so that the carriage can be moved by hand."""
        raise MachineError("this machine cannot switch off its motors by a command")

    def rescue(self) -> None:
        """Lift the pen after whatever program was driving is gone."""
        raise NotImplementedError

    # What all share

    def send(self, command: Command) -> None:
        """Send a command that fits."""
        if not self.pending:
            self._heard_s = time.monotonic()
        self.pending.append(command)
        self.port.write(command.text)

    def acknowledge(self) -> Command:
        """Take the oldest command for answered; raises MachineError when none is owed an answer."""
        if not self.pending:
            raise MachineError("the machine sent an answer without a question; was it reset?")
        command = self.pending.popleft()
        if command.stroke:
            self._executed.append(command.stroke)
        return command

    def poll(self) -> list[int]:
        """Return the strokes that are known to be executed since the last call; takes up to 20 ms."""
        data = self.port.read()
        if data:
            self._heard_s = time.monotonic()
            self._buffer += data
            while (end := self._line_end()) >= 0:
                line = bytes(self._buffer[:end]).strip(b"\r\n")
                del self._buffer[: end + 1]
                if line:
                    self.take(line)
        else:
            self.check()
        executed, self._executed = self._executed, []
        return executed

    def _line_end(self) -> int:
        return self._buffer.find(b"\n")

    def run(self, commands: Iterator[Command]) -> list[int]:
        """Send commands and wait until each is answered; return the strokes that were executed."""
        executed: list[int] = []
        for command in commands:
            while not self.fits(command):
                executed += self.poll()
            self.send(command)
        while self.pending or self.unsettled:
            executed += self.poll()
        return executed

    @property
    def unsettled(self) -> bool:
        """Whether the machine still has to say something, though each command is answered."""
        return False

    def settle(self) -> None:
        """Wait until the machine stands."""

    def park(self) -> Iterator[Command]:
        """Yield what moves the pen, which is up, out of the way."""
        yield from self.travel(0.0, 0.0)

    def forget(self) -> None:
        """Drop all that was sent and not answered."""
        self.pending.clear()
        self._buffer.clear()
        self._executed.clear()

    def quiet(self, seconds: float) -> bytes:
        """Return what arrives until nothing has come for some time."""
        heard, until = b"", time.monotonic() + seconds
        while time.monotonic() < until:
            if data := self.port.read():
                heard += data
                until = time.monotonic() + seconds
        return heard
