"""G-code machines: GRBL 1.1 and FluidNC, Marlin 2; strokes are G-code of the machine's profile.

Sources: github.com/gnea/grbl, doc/markdown/interface.md and commands.md; github.com/MarlinFirmware/Marlin,
gcode/queue.cpp and gcode/control/M280.cpp. GRBL's `M3`, `M5` and `G4` wait for the planner, and its bytes are
counted. Marlin's lines have numbers and checksums, and are resent when asked for; its `M280` acts at once, so
an `M400` stands before it. The answer to the dwell behind a pen-up proves that the stroke is drawn.
"""

import random
import re
import time
from collections.abc import Iterator
from functools import reduce
from typing import Any

import numpy as np

from drawscape.drawing.values import INCH
from drawscape.errors import MachineError
from drawscape.geometry.lines import Lines, Points, simplify
from drawscape.machine.driver import Command, Driver, Port
from drawscape.machine.plan import Section
from drawscape.plot.gcode_export import moves_of
from drawscape.plot.gcode_profile import GcodeProfile
from drawscape.plot.known_machines import Machine

_CUT_MM = 0.08  # that ink may be off the plan when a line is lost

# GRBL
_STATUS = re.compile(rb"<(\w+(?::\d)?)[|,][^<>\n]*>")
_PLACE = re.compile(rb"([MW]Pos):(-?[\d.]+),(-?[\d.]+)")
_SHIFT = re.compile(rb"\[(?:G54|G92):(-?[\d.]+),(-?[\d.]+)")
_ANSWER = rb"(?:^|\n)(ok|error[^\r\n]*|ALARM[^\r\n]*)\r?\n"
_BANNER = rb"Grbl(?:HAL)? \d[^\n]*\n"
_ERRORS = {
    "1": "a word without a letter", "2": "a number that is none", "8": "it is not idle",
    "9": "it is locked; home it or send $X", "15": "it is out of reach", "20": "unknown command",
}  # fmt: skip
_ALARMS = {
    "1": "a limit switch was hit", "2": "a move leads out of reach", "3": "it was reset while moving",
    "6": "homing was interrupted", "8": "homing did not leave the switch", "9": "homing found no switch",
}  # fmt: skip
_HOLD = ("Hold", "Door", "Sleep", "Check")
_MOVING = ("Run", "Hold:1", "Home", "Jog")
_ASK_S = 0.3
_POLL_S = 0.1
_BOOTS = 8  # questions of 0.3 s: an Arduino takes 2.5 s from its reset to its first word

# Marlin
_RESEND = re.compile(rb"(?:Resend:|rs)\s*N?(\d+)", re.IGNORECASE)
_LAST = re.compile(rb"Last Line:\s*(\d+)")
_AT = re.compile(rb"X:\s*(-?[\d.]+)\s+Y:\s*(-?[\d.]+)[^\n]*\n")
_FIRMWARE = rb"FIRMWARE_NAME:([^\n]*)\n"
_LINES = 4  # of its command queue
_BYTES = 120  # of the 128 that it receives
_QUIET_S = 0.06
_SLOW_S = 0.3
_BUSY_S = 4.0  # it says every 2 s that it is busy


class GcodeDriver(Driver):
    """A machine that understands G-code; its profile says how the pen moves, and in which units."""

    sync = ""  # stands before a pen's move, where that would not wait for the planner
    wait = "G4 P0.01"  # is answered when all before it is done
    usual: tuple[str, ...] = ("G90",)
    _here = (0.0, 0.0)

    def __init__(self, port: Port, machine: Machine, settings: dict[str, Any]) -> None:
        super().__init__(port, machine, settings)
        self.profile = machine.profile or GcodeProfile()
        self._mm = self.profile.unit_mm
        self.modes = ["G21" if self.profile.units == "mm" else "G20", *self.usual]
        self.barrier = (self.line(self.wait, lasts_s=10.0),)
        self.start = _rows(self.profile.command("start"))
        self.homing = [row for row in self.start if "G28" in row.upper() or "$H" in row.upper()]

    @property
    def shift(self) -> tuple[float, float]:
        """What is added to a place of the sheet for the coordinates that the machine works in, in mm."""
        return self.zero

    def line(
        self, text: str, stroke: int = 0, lasts_s: float = 0.0, corner: bool = False
    ) -> Command:
        return Command(text.encode("ascii") + b"\n", stroke, lasts_s, corner)

    def prepare(self) -> None:
        start = [row for row in self.start if row not in self.homing]
        self.run(self.line(row, lasts_s=60.0) for row in [*self.modes, *start])
        self.run(self.pen(False))

    def travel(self, x: float, y: float) -> Iterator[Command]:
        far_mm = float(np.hypot(x - self._here[0], y - self._here[1]))
        lasts_s = 0.5 + 2 * far_mm / self.plotter.travel_speed
        self._here = (x, y)
        ((across, up),) = self._places(np.array([[x, y]])).tolist()
        feed = self.profile.travel_feed
        how = f"G0 X{across} Y{up}" if feed is None else f"G1 X{across} Y{up} F{feed / self._mm:g}"
        yield self.line(how, lasts_s=lasts_s, corner=True)

    def _places(self, points: Points) -> Points:
        return np.asarray(np.round((points + self.shift) / self._mm, self.profile.digits) + 0.0)

    def pen(self, down: bool, section: Section | None = None, stroke: int = 0) -> Iterator[Command]:
        percent = self.settings.get("down_percent" if down else "up_percent")
        if down and section is not None and section.motion.height is not None:
            percent = section.motion.height
        high = percent is not None and "{down}" in self.profile.pen_down
        text = self.profile.down(percent) if down or high else self.profile.command("pen_up")
        rows = _rows(f"{self.sync}\n{text}")
        if not (down or "".join(rows[-1:]).upper().startswith("G4")):
            rows.append(self.wait)
        for index, row in enumerate(rows, 1):
            yield self.line(row, stroke * (index == len(rows)), 0.1 + self.profile.dwell_s(row))

    def stroke(self, points: Points, section: Section, number: int) -> Iterator[Command]:
        yield from self.travel(*points[0].tolist())
        yield from self.pen(True, section)
        feed = self.profile.feed(section.motion) * self.speed
        far = np.cumsum(np.hypot(*np.diff(points, axis=0, prepend=points[:1]).T)).tolist()
        kept = simplify(Lines(points, np.array([0, len(points)])), _CUT_MM).points
        corners = np.isin(points @ (1, 1j), kept @ (1, 1j)).tolist()
        corners[-1] = False  # without it the stroke is too short, and is drawn again
        word, here = f" F{feed / self._mm:g}", 0
        for row, last in moves_of(self._places(points), self.profile):
            lasts_s = 0.05 + (far[last] - far[here]) / (feed / 60)
            yield self.line(row + word, 0, lasts_s, corners[last] or not row.startswith("G1"))
            word, here = "", last
        self._here = (float(points[-1][0]), float(points[-1][1]))
        yield from self.pen(False, section, number)


class GrblDriver(GcodeDriver):
    """GRBL 1.1 and what speaks like it."""

    title = "GRBL"
    pause_s = 0.0
    window = 1  # a lost line then shows in its own stroke, and not in a later one
    usual = ("G17 G49 G54 G90 G94",)
    room = 127
    state = "Idle"
    _unit = 1.0  # of what it reports, in mm
    _at = (0.0, 0.0)  # MPos in mm
    _wco = (0.0, 0.0)  # by how much its work coordinates differ from its steps, in mm
    _asked_s = 0.0
    _freed = False  # from a hold, by a reset of ours that kept its place
    _idle = 0  # times in a row that it was idle while it owed an answer

    def connect(self) -> None:
        reset = self._wake(kick=True)
        tool = re.search(rb" T(\d+)", self._query(b"$G\n"))
        version = self._query(b"$I\n")
        if found := re.search(rb"\[OPT:[^,\]]*,\d+,(\d+)", version):
            self.room = max(40, int(found[1]) - 1)
        rows = re.findall(rb"\$(\d+)=(-?[\d.]+)", self._query(b"$$\n"))
        settings = {int(key): float(value) for key, value in rows}
        if settings.get(32) == 1:
            raise MachineError("GRBL is in laser mode: the pen does not go down; send it $32=0")
        self.homes = bool(self.homing) or settings.get(22, 0) > 0
        self._unit = INCH if settings.get(13) == 1 else 1.0
        self._read_shift()
        self._status()
        # A reset of ours wipes out the mark; one that lost its power stands at zero.
        is_marked = tool is not None and int(tool[1]) == self.marker
        known = is_marked or (self._freed and self._at != (0.0, 0.0))
        self.kept = known and self.marker > 0 and not reset
        name = re.search(rb"\[VER:([^\]]*)\]", version)
        self.firmware = f"GRBL {name[1].decode() if name else 'of unknown version'}"

    def _wake(self, *, kick: bool = False) -> bool:
        """Make the machine ready for commands; return whether it was reset. The pen does not move."""
        known = rb"(%b)|(%b)" % (_STATUS.pattern, _BANNER)
        kicks = [b"\x18"] if kick else []  # in some alarms it listens to nothing else
        questions = [*[b"?"] * _BOOTS, *kicks, *[b"?"] * _BOOTS]
        while True:
            try:
                reset = b"Grbl" in self.ask(questions.pop(0), known, _ASK_S).string
                break
            except MachineError:
                if not questions:
                    raise
        self.quiet(_POLL_S)
        until = time.monotonic() + 60.0
        while self._status() in _MOVING:  # what another program has left
            if time.monotonic() > until:
                raise MachineError("the machine is still moving after 60 s; stop it first")
        if self.state.startswith(_HOLD):
            self.ask(b"\x18", _BANNER)
            self.quiet(_POLL_S / 2)
            self._freed = self._status() != "Alarm"
        if self.state == "Alarm":
            self._query(b"$X\n")
            self.state = "Idle"
        self._query(b"$G\n")  # ends a line that was cut off
        return reset

    def _status(self) -> str:
        self._take_status(self.ask(b"?", _STATUS.pattern, 2.0)[0])
        return self.state

    def _query(self, line: bytes) -> bytes:
        return self.ask(line, _ANSWER).string

    def mark(self) -> None:
        """Name a tool: a reset forgets it, and nothing else uses it."""
        self.marker = random.randint(1, 99)
        self._query(b"T%d\n" % self.marker)

    def _read_shift(self) -> None:
        shifts = _SHIFT.findall(self._query(b"$#\n"))
        x, y = np.array(shifts, dtype=float).reshape(-1, 2).sum(axis=0) * self._unit
        self._wco = float(x), float(y)

    @property
    def shift(self) -> tuple[float, float]:
        return self.zero[0] - self._wco[0], self.zero[1] - self._wco[1]

    def position(self) -> tuple[float, float]:
        self._status()
        return self._at[0] - self.zero[0], self._at[1] - self.zero[1]

    def zero_here(self) -> None:
        self._status()
        self.zero = self._at

    def home(self) -> None:
        if not self.homes:
            return
        answer = self.ask(b"$H\n", _ANSWER, 120.0)[1]
        if answer != b"ok":
            raise MachineError(f"homing failed: {answer.decode(errors='replace')}", lost=True)
        self._read_shift()
        if self.zero == (0.0, 0.0):  # none was set by us: the machine's own work zero
            self.zero = self._wco

    def fits(self, command: Command) -> bool:
        if self.pending and self.pending[-1].corner:
            return False
        return sum(len(one.text) for one in [*self.pending, command]) <= self.room

    def take(self, line: bytes) -> None:
        number = line.partition(b":")[2].strip().decode(errors="replace")
        if line == b"ok":
            self.acknowledge()
            self._idle = 0
        elif line.startswith(b"<"):
            self._take_status(line)
        elif line.startswith(b"error"):
            command = self.pending[0].text.decode().strip() if self.pending else "a line"
            why = _ERRORS.get(number, "see its manual")
            raise MachineError(f"the machine refused {command!r}: error {number}, {why}")
        elif line.startswith(b"ALARM"):
            self.state = "Alarm"
            why = _ALARMS.get(number, "see the manual")
            raise MachineError(
                f"alarm {number}: {why}; free the machine, then resume", lost=number != "2"
            )
        elif line.startswith(b"Grbl"):
            raise MachineError("the machine was reset or lost its power", lost=True)
        elif not line.startswith((b"[", b"$", b">")):
            raise self.garbled(line)

    def _take_status(self, line: bytes) -> None:
        match = _STATUS.match(line)
        if match is None:
            raise self.garbled(line)
        self.state = match[1].decode()
        if place := _PLACE.search(line):
            x, y = self._wco if place[1] == b"WPos" else (0.0, 0.0)
            self._at = float(place[2]) * self._unit + x, float(place[3]) * self._unit + y
        self._idle = self._idle + 1 if self.state == "Idle" and self.pending else 0
        dwell_s = sum(self.profile.dwell_s(one.text.decode()) for one in self.pending)
        if self._idle > 2 + dwell_s / _POLL_S:
            raise MachineError("the machine is idle although it owes an answer: a line was lost")

    def check(self) -> None:
        if not self.pending:
            return
        self.heard_within(self.silence_s)  # `?` is answered at once, whatever it does
        now = time.monotonic()
        is_answered = self._asked_s < self._heard_s or now - self._asked_s > _ASK_S
        if is_answered and now - self._heard_s > _POLL_S:  # three at once would say idle thrice
            self._asked_s = now
            self.port.write(b"?")
        if self.state.startswith(_HOLD):
            raise MachineError("the machine was paused by its own button; resume the plot")
        if self.state == "Alarm":
            raise MachineError("the machine is in alarm; free it, then resume the plot", lost=True)

    def halt(self) -> None:
        """Hold, wait until it stands, reset: the place is kept then, and the queue is gone."""
        alarmed = self.state == "Alarm"
        self.forget()
        self.port.write(b"\x18" if alarmed else b"!")
        self._wake()
        self._lift(self._freed or alarmed)
        self._read_shift()

    def _lift(self, marked: bool) -> None:
        for command in [*map(self.line, self.modes), *self.pen(False)]:
            self._query(command.text)
        self.marker = self.marker if marked else 0
        if self.marker:
            self._query(b"T%d\n" % self.marker)

    def rescue(self) -> None:
        self._wake()
        self._lift(self._freed)  # else it still has its mark, or was switched off meanwhile


class MarlinDriver(GcodeDriver):
    """Marlin with a servo or a Z axis for the pen."""

    title = "Marlin"
    sync = wait = "M400"
    silence_s = 2 * _BUSY_S
    _number = _first = 0  # of the last line sent, and of the oldest without an answer
    _sent = 0  # how many of `pending` are with the machine
    _resend: int | None = None  # the line that is sent next, once all is quiet
    _asked = 0  # answers to our own questions that are still to come

    def connect(self) -> None:
        reset = b"start" in self.quiet(_SLOW_S)
        # An empty line ends what another program left; it had no checksum, and is refused.
        try:
            name = self.ask(b"\nM115\n", _FIRMWARE, _BUSY_S)[1]
        except MachineError:  # it may have been starting
            name, reset = self.ask(b"\nM115\n", _FIRMWARE, _BUSY_S)[1], True
        self.homes = bool(self.homing)
        last = self._last_line()
        self.kept = not reset and last is not None and 0 < self.marker <= last
        self._renumber(last or 0 if self.kept else 0)
        words = re.sub(rb"\s*(SOURCE_CODE_URL|PROTOCOL_VERSION).*", b"", name)
        self.firmware = words.decode(errors="replace").strip() or "Marlin"

    def _last_line(self) -> int | None:
        """Return the number of the last line that it took, from its complaint about one out of order."""
        found = _LAST.search(self._listen(self._checked(1, "M105")))
        return int(found[1]) if found else None

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
        return self.ask(line, rb"(^|\n)ok|Resend").string + self.quiet(0.1)

    def position(self) -> tuple[float, float]:
        found = self.ask(b"M400\nM114\n", _AT.pattern, _BUSY_S)
        return float(found[1]) - self.zero[0], float(found[2]) - self.zero[1]

    def zero_here(self) -> None:
        self.zero = (0.0, 0.0)
        if self.homes:  # which would undo a G92
            self.zero = self.position()
        else:
            self.run([self.line("G92 X0 Y0")])

    def home(self) -> None:
        self.run(self.line(row, lasts_s=120.0) for row in self.homing)

    def release(self) -> None:
        self.run([self.line("M84")])

    def fits(self, command: Command) -> bool:
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
        if line.startswith(b"ok"):
            if self._asked == 1:
                self._asked = 0
                for command in self.pending:
                    self.port.write(self.encoded(command))
            elif not self._asked and self._resend is None and self._sent:
                self.acknowledge()
        elif resend := _RESEND.match(line):
            self._resend, self._asked = int(resend[1]), 0
            self._sent = min(max(self._resend - self._first, 0), self._sent)
        elif line.startswith(b"start"):
            raise MachineError("the machine was reset or lost its power", lost=True)
        elif line.startswith(b"Error:"):
            if not re.search(rb"line number|checksum|last line", line, re.IGNORECASE):
                why = line[6:].decode(errors="replace")
                raise MachineError(f"the machine says {why!r}", lost=True)
        elif line.startswith(b"echo:Unknown command"):
            raise MachineError(f"the machine refused a line: {line[5:].decode(errors='replace')}")
        elif self._asked and _AT.search(line + b"\n"):
            # All that came before this question is done; the next ok is its own.
            self._asked = 1
            while self._sent:
                self.acknowledge()
        elif not all(32 <= byte < 127 or byte == 9 for byte in line):
            raise self.garbled(line)

    def check(self) -> None:
        super().check()
        silent = time.monotonic() - self._heard_s
        if self._resend is not None and silent > _QUIET_S:
            self._number, self._resend, self._asked = self._resend, None, 2
            self._heard_s = time.monotonic()
            self.port.write(self._checked(self._number, "M114"))
        elif self._asked:
            self.heard_within(self.silence_s)
        elif self.pending and silent > _SLOW_S + 2 * sum(one.lasts_s for one in self.pending):
            self._resend = self._number + 1  # an answer or a line's end was lost

    def forget(self) -> None:
        super().forget()
        self._sent, self._resend, self._asked = 0, None, 0

    def halt(self) -> None:
        """Marlin cannot hold: what is planned, 16 moves at most, is drawn; then the pen goes up."""
        self.forget()
        self.rescue()
        self._renumber(self._last_line() or self.marker)

    def rescue(self) -> None:
        rows = b"".join(command.text for command in self.pen(False))
        # Half a line of a dead program is refused, and takes the next bytes with it.
        for _ in range(3):
            if b"Error:" not in self.ask(b"\n" + rows + b"M114\n", _AT.pattern, _BUSY_S).string:
                break


def _rows(text: str) -> list[str]:
    return [row.strip() for row in text.split("\n") if row.strip()]
