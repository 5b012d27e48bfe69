"""Marlin 2, with a servo or a Z axis for the pen.

Source: github.com/MarlinFirmware/Marlin, gcode/queue.cpp and gcode/control/M280.cpp. Lines have numbers and
checksums, and are resent on request. The machine flushes its input then. A line whose number is
flushed runs out of order, so an important line waits for the answer before it. `M280` acts at once,
so it is sent when the `M400` before it is answered.
"""

import random
import re
import time
from collections.abc import Iterator
from functools import reduce

from drawscape.errors import MachineError
from drawscape.machine.driver import Command, Place
from drawscape.machine.gcode import GcodeDriver
from drawscape.machine.plan import Section

_RESEND = re.compile(rb"(?:Resend:|rs)\s*N?(\d+)", re.IGNORECASE)
_LAST = re.compile(rb"Last Line:\s*(\d+)")
_AT = re.compile(rb"X:\s*(-?[\d.]+)\s+Y:\s*(-?[\d.]+)[^\n]*\n")
_FIRMWARE = rb"FIRMWARE_NAME:([^\n]*)\n"
_USUAL_HOLD_S = 120  # DEFAULT_STEPPER_TIMEOUT_SEC
_LINES = 4  # of its command queue
_BYTES = 120  # of the 128 that it receives
_RESET = "the machine was reset or lost its power"
_QUIET_S = 0.06
_SLOW_S = 0.3
_BUSY_S = 4.0  # it reports every 2 s that it is busy


class MarlinDriver(GcodeDriver):
    """Marlin, whose lines are numbered."""

    title = "Marlin"
    wait = "M400"
    usual = ("G90", "M220 S100")  # at full speed
    lets_go = True
    silence_s = 4.0
    _number = _first = 0  # of the last line sent, and of the oldest without an answer
    _sent = 0  # how many of `pending` are with the machine
    _resend: int | None = None  # the line that is sent next, once all is quiet
    _asked = 0  # answers to our own queries still to come

    def connect(self, *, may_reset: bool = False) -> None:
        reset = b"start" in self.quiet(_SLOW_S)
        # An empty line ends what another program left, which is refused without a checksum.
        try:
            name = self.ask(b"\nM115\n", _FIRMWARE, _BUSY_S)[1]
        except MachineError:  # it may have been starting
            name, reset = self.ask(b"\nM115\n", _FIRMWARE, _BUSY_S)[1], True
        self.homes = bool(self.homing)
        last = self._last_line()
        self.kept_counting = not reset and self._is_marked(last)
        self.known = self.kept_counting and (self.zero_z is not None or not self.moves_z)
        self._renumber(last or 0 if self.kept_counting else 0)
        words = re.sub(rb"\s*(SOURCE_CODE_URL|PROTOCOL_VERSION).*", b"", name)
        self.firmware = words.decode(errors="replace").strip() or "Marlin"

    def _last_line(self) -> int | None:
        """Return the number of the last line it accepted, from its error about one out of order."""
        found = _LAST.search(self._listen(self._checked(1, "M105")))
        return int(found[1]) if found else None

    def _is_marked(self, last: int | None) -> bool:
        return last is not None and 0 < self.marker <= last

    def _renumber(self, number: int) -> None:
        self._number = number
        self._listen(self._checked(number, f"M110 N{number}"))

    def mark(self) -> None:
        """Count lines from a number that a reset never gives."""
        self.marker = random.randint(1, 90) * 10_000
        self._renumber(self.marker)

    @staticmethod
    def _checked(number: int, text: str) -> bytes:
        body = f"N{number} {text}".encode("ascii")
        return body + b"*%d\n" % reduce(lambda sum_, byte: sum_ ^ byte, body, 0)

    def _listen(self, line: bytes) -> bytes:
        return self.ask(line, rb"(^|\n)ok|Resend").string + self.quiet(0.1)

    def position(self) -> Place:
        found = self.ask(b"M400\nM114\n", _AT.pattern, 60.0)
        x, y = self.zero or (0.0, 0.0)
        return float(found[1]) - x, float(found[2]) - y

    def zero_here(self) -> None:
        self.zero, self.zero_z = None, None
        words = "X0 Y0"
        if self.homes:  # homing would undo a G92 of X and Y
            self.zero = self.position()
            words = ""
        if self.moves_z:
            self.zero_z = 0.0
            words += " Z0"
        if words:
            self.run([self.command(f"G92 {words.strip()}")])
        self.known = True

    def home(self) -> None:
        self.run(self.command(row, lasts_s=40.0) for row in self.homing)
        self.known = self.zero_z is not None or not self.moves_z

    def restore_z(self) -> None:
        if self.moves_z and self.zero_z is None:
            raise MachineError("it is not known where the paper is for the Z axis", lost=True)

    def release(self) -> None:
        self.run([self.command("M84")])

    def hold_motors(self) -> None:
        self.run([self.command("M84 S0")])

    def let_motors_go(self) -> None:
        self.run([self.command(f"M84 S{_USUAL_HOLD_S}")])

    def pen_up(self, stroke: int = 0, *, low: bool = False) -> Iterator[Command]:
        yield self._at_rest()
        yield from super().pen_up(stroke, low=low)

    def pen_down(self, section: Section | None = None) -> Iterator[Command]:
        yield self._at_rest()
        yield from super().pen_down(section)

    def _at_rest(self) -> Command:
        return self.command(self.wait, 0, 0.1, True)

    def fits(self, command: Command) -> bool:
        if self.pending and self.pending[-1].corner:
            return False
        waiting = sum(len(one.text) + 12 for one in [*self.pending, command])
        free = len(self.pending) < _LINES and waiting <= _BYTES
        return free and self._resend is None and not self._asked

    def encoded(self, command: Command) -> bytes:
        self._number += 1
        self._first = self._first if self._sent else self._number
        self._sent += 1
        return self._checked(self._number, command.text.decode("ascii").strip())

    def acknowledge(self) -> None:
        self._sent, self._first = self._sent - 1, self._first + 1
        super().acknowledge()

    def take(self, line: bytes) -> None:
        self._heard_s = time.monotonic()
        if line.startswith(b"ok"):
            self._take_ok()
        elif resend := _RESEND.match(line):
            if int(resend[1]) < self._first:  # it asks for lines that it had answered
                raise MachineError(_RESET, lost=True)
            self._resend, self._asked = int(resend[1]), 0
            self._sent = min(max(self._resend - self._first, 0), self._sent)
        elif line.startswith(b"start"):
            raise MachineError(_RESET, lost=True)
        elif line.startswith(b"Error:"):
            if not re.search(rb"line number|checksum|last line", line, re.IGNORECASE):
                why = line[6:].decode(errors="replace")
                raise MachineError(f"the machine says {why!r}", lost=True)
        elif line.startswith(b"//action:pause"):  # of its own display
            self.button = True
        elif line.startswith(b"//action:cancel"):
            raise MachineError("it was stopped at its own display; resume the plot")
        elif line.startswith(b"echo:busy: paused for"):
            self.port.write(b"M108\n")  # else it executes nothing, and its pen stays down
            raise MachineError("it waited for its own button; resume the plot")
        elif (
            line.startswith(b"echo:Unknown command") and b'"G21"' not in line
        ):  # it may only know mm
            self._take_refusal(line)
        elif self._asked and _AT.search(line + b"\n"):
            # Everything before this query is done; the next ok is its own.
            self._asked = 1
            while self._sent:
                self.acknowledge()
        elif not all(32 <= byte < 127 or byte == 9 for byte in line):
            raise self.garbled(line)

    def _take_refusal(self, line: bytes) -> None:
        """Handle an unknown-command message. If the line has its checksum, it was garbled on the way."""
        if self._asked and b"*" in line:  # our own query, without its N
            self._resend, self._asked = self._number, 0
        elif (
            self._resend is None and b"*" in line
        ):  # the oldest line, without its N: its ok does not count
            self._resend, self._sent = self._first, 0
        elif self._resend is None:
            words = line[5:].decode(errors="replace")
            raise MachineError(f"the machine refused a line: {words}")

    def _take_ok(self) -> None:
        if self._asked == 1:
            self._asked = 0
            for command in self.pending:
                self.port.write(self.encoded(command))
        elif not self._asked and self._resend is None and self._sent:
            self.acknowledge()

    def check(self) -> None:
        super().check()
        now = time.monotonic()
        if self._resend is not None:
            if now - self._heard_s > _QUIET_S:
                self._number, self._resend, self._asked = self._resend, None, 2
                self._heard_s = now
                self.port.write(self._checked(self._number, "M114"))
        elif self._asked:
            if now - self._heard_s > self.silence_s:
                raise self.silent(self.silence_s)
        elif self.overdue_s > _SLOW_S:
            self._resend = self._number + 1  # an answer or a line's end was lost

    def forget(self) -> None:
        super().forget()
        self._sent, self._resend, self._asked = 0, None, 0

    def halt(self) -> None:
        """Lift the pen after the moves already planned, at most 16: Marlin cannot stop earlier."""
        self.forget()
        self._lift()
        self._renumber(self._last_line() or 0)  # 0 after a reset, which gives no error

    def rescue(self) -> None:
        self.port.write(b"\n")
        self.known = self._is_marked(self._last_line())
        self._lift()

    def _lift(self) -> None:
        """Lift the pen; a Z axis that was switched off meanwhile is left alone."""
        if self.moves_z and not self.known:
            return
        self.ask(b"\nM105\n", rb"ok|busy:|Error:", _BUSY_S)  # raises if it does not answer
        rows = b"".join(command.text for command in self.pen_up())
        # A dead program's half line is refused together with the next bytes.
        for _ in range(3):
            if b"Error:" not in self.ask(b"\n" + rows + b"M114\n", _AT.pattern, 60.0).string:
                break
