"""Marlin 2: numbered lines with checksums, resent when asked for; `M400` waits for the motion.

Source: github.com/MarlinFirmware/Marlin, gcode/queue.cpp and gcode/control/M280.cpp. `M280` acts at once, so
an `M400` stands before it, and the answer to the dwell behind it proves that the stroke is drawn.
"""

import random
import re
import time
from collections import deque
from functools import reduce

from drawscape.errors import MachineError
from drawscape.plotter.driver import Command
from drawscape.plotter.gcode import GcodeDriver

_RESEND = re.compile(rb"(?:Resend:|rs)\s*N?(\d+)", re.IGNORECASE)
_LAST = re.compile(rb"Last Line:\s*(\d+)")
_PLACE = re.compile(rb"X:\s*(-?[\d.]+)\s+Y:\s*(-?[\d.]+)")
_NAME = rb"FIRMWARE_NAME:([^\n]*)\n"
_LINES = 4  # of Marlin's command queue
_BYTES = 120  # of its 128 that receive
_QUIET_S = 0.06
_SLOW_S = 0.3
_BOOT_S = 3.0
_BUSY_S = 4.0  # Marlin says every 2 s that it is busy


class MarlinDriver(GcodeDriver):
    """Marlin with a servo or a Z axis for the pen."""

    title = "Marlin"
    sync = barrier = "M400"
    silence_s = 2 * _BUSY_S
    _number = 0
    _resend: int | None = None  # the line that is sent next, once all is quiet
    _asked = 0  # answers to our own questions that are still to come

    def connect(self) -> None:
        self._numbers: deque[int] = deque()
        self._again: list[Command] = []
        reset = b"start" in self.quiet(0.3)
        # An empty line ends what another program left; it had no checksum, and is refused.
        try:
            name = self.ask(b"\nM115\n", _NAME, _BUSY_S)[1].decode(errors="replace")
        except MachineError:  # it may have been starting
            found = self.ask(b"\nM115\n", _NAME, _BOOT_S)
            name, reset = found[1].decode(errors="replace"), True
        self.homes = bool(self.homing)
        last = _LAST.search(self._listen(self._checked(1, "M105")))
        self.kept = not reset and last is not None and 0 < self.marker <= int(last[1])
        if not reset and last is None:
            self.kept = self.position() != (0.0, 0.0)
        self._renumber(int(last[1]) if self.kept and last else 0)
        name = re.sub(r"\s*(SOURCE_CODE_URL|PROTOCOL_VERSION).*", "", name)
        self.firmware = name.strip() or "Marlin"

    def _renumber(self, number: int) -> None:
        self._number = number
        self._listen(self._checked(number, f"M110 N{number}"))

    def mark(self) -> None:
        """Count lines from a number that no reset leaves behind."""
        self.marker = random.randint(1, 90) * 10_000
        self._renumber(self.marker)

    @staticmethod
    def _checked(number: int, text: str) -> bytes:
        body = f"N{number} {text}".encode("ascii")
        return body + b"*%d\n" % reduce(lambda sum_, byte: sum_ ^ byte, body, 0)

    def _listen(self, line: bytes) -> bytes:
        """Send a numbered line while nothing is pending; return all that comes until it is quiet."""
        return self.ask(line, rb"(^|\n)ok|Resend").string + self.quiet(0.1)

    def position(self) -> tuple[float, float]:
        found = self.ask(b"M400\nM114\n", _PLACE.pattern + rb"[^\n]*\n", _BUSY_S)
        return float(found[1]), float(found[2])

    def zero_here(self) -> None:
        self.run([self.line("G92 X0 Y0")])

    def home(self) -> None:
        self.run(self.line(row, lasts_s=120.0) for row in self.homing)

    def dwell_s(self, row: str) -> float:
        match = re.match(r"\s*G0?4\s*([PS])([\d.]+)", row, re.IGNORECASE)
        if match is None:
            return 0.0
        return float(match[2]) / (1000.0 if match[1].upper() == "P" else 1.0)

    def fits(self, command: Command) -> bool:
        waiting = sum(len(one.text) + 12 for one in self.pending)
        busy = self._resend is not None or self._asked
        full = len(self.pending) >= _LINES or waiting + len(command.text) + 12 > _BYTES
        return not (busy or full)

    def encoded(self, command: Command) -> bytes:
        self._number += 1
        self._numbers.append(self._number)
        return self._checked(self._number, command.text.decode("ascii").strip())

    def answered(self, command: Command) -> None:
        self._numbers.popleft()
        super().answered(command)

    def take(self, line: bytes) -> None:
        if line.startswith(b"ok"):
            if self._asked == 1:
                self._asked = 0
                again, self._again = self._again, []
                for command in again:
                    self.send(command)
            elif not self._asked and self._resend is None and self.pending:
                self.acknowledge()
        elif resend := _RESEND.match(line):
            self._repeat_from(int(resend[1]))
        elif line.startswith(b"start"):
            raise MachineError("the machine was reset or lost its power", lost=True)
        elif line.startswith(b"Error:"):
            if not re.search(rb"line number|checksum|last line", line, re.IGNORECASE):
                raise MachineError(
                    f"the machine says {line[6:].decode(errors='replace')!r}", lost=True
                )
        elif line.startswith(b"echo:Unknown command"):
            raise MachineError(f"the machine refused a line: {line[5:].decode(errors='replace')}")
        elif self._asked and _PLACE.search(line):
            # All that came before this question is done; the next ok is its own.
            self._asked = 1
            while self.pending:
                self.acknowledge()
        elif not all(32 <= byte < 127 or byte == 9 for byte in line):
            raise self.garbled(line)

    def _repeat_from(self, number: int) -> None:
        """Put what the machine did not take aside; it is sent again behind a question."""
        kept = sum(n < number for n in self._numbers)
        commands = list(self.pending)
        self._again = commands[kept:] + self._again
        self.pending = deque(commands[:kept])
        self._numbers = deque(list(self._numbers)[:kept])
        self._resend, self._asked = number, 0

    def check(self) -> None:
        super().check()
        silent = time.monotonic() - self._heard_s
        if self._resend is not None and silent > _QUIET_S:
            self._number, self._resend, self._asked = self._resend, None, 2
            self._heard_s = time.monotonic()
            self.port.write(self._checked(self._number, "M114"))
        elif self._asked:
            self.heard_within(self.silence_s)
        elif self.pending:
            slow_s = _SLOW_S + 2 * sum(command.lasts_s for command in self.pending)
            if silent > slow_s:  # an answer or a line's end was lost
                self._resend = self._number + 1

    @property
    def unsettled(self) -> bool:  # type: ignore[override]
        """Whether lines are to be sent again."""
        return bool(self._again or self._asked or self._resend is not None)

    def forget(self) -> None:
        super().forget()
        self._numbers.clear()
        self._again.clear()
        self._resend, self._asked = None, 0

    def halt(self) -> None:
        """Marlin cannot hold: what is planned, 16 moves at most, is drawn; then the pen goes up."""
        self.forget()
        self.rescue()
        last = _LAST.search(self._listen(self._checked(1, "M105")))
        self._renumber(int(last[1]) if last else self.marker)

    def release(self) -> None:
        self.run([self.line("M84")])

    def rescue(self) -> None:
        rows = b"".join(command.text for command in self.pen(False))
        self.ask(b"\n" + rows + b"M114\n", _PLACE.pattern + rb"[^\n]*\n", _BUSY_S)
