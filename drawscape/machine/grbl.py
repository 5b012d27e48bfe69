"""GRBL 1.1 and 0.9, grblHAL and FluidNC.

Source: github.com/gnea/grbl, doc/markdown/interface.md and commands.md; the others' sources. Its bytes are
counted. `M3`, `M5` and `G4` wait for the planner, so the answer to the dwell after a pen-up proves that the
stroke is drawn. Its lines have no checksums: after a lost line, an answer is missing at the next pen-up.
Strokes are relative moves (G91), so that a byte lost inside a line changes the place where the stroke
ends. GRBL 0.9 writes errors in words, and does not say when a hold has stopped. In grblHAL and FluidNC a
reset keeps the length of a tool, but not the feed.
"""

import math
import random
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from drawscape.drawing.values import INCH
from drawscape.errors import MachineError
from drawscape.geometry.lines import Points
from drawscape.machine.driver import Command, Place
from drawscape.machine.gcode import GcodeDriver
from drawscape.machine.plan import Section

_STATUS = re.compile(rb"<(\w+(?::\d+)?)[|,][^<>\n]*>")
_PLACE = re.compile(rb"([MW]Pos):(-?[\d.]+),(-?[\d.]+)(?:,(-?[\d.]+))?")
_MARK = re.compile(rb"\[TLO:(?:[^\]]*,)?(-?[\d.]+)\]")
_SHIFT = re.compile(rb"\[(?:G54|G92):(-?[\d.]+),(-?[\d.]+)(?:,(-?[\d.]+))?")
_FEED = re.compile(rb"\[[^\]\n]*\bF([\d.]+)[^\]\n]*\]")
_VERSION = re.compile(rb"\[(?:VER:)?(\d[^:\]]*)")
_POWER = re.compile(rb"\|FS:[\d.]+,([\d.]+)")
_SERVO = re.compile(rb"M3\s*S([\d.]+)", re.IGNORECASE)
_ANSWER = rb"(?:^|\n)(ok|error[^\r\n]*|ALARM[^\r\n]*)\r?\n"
_FIRST_WORDS = rb"rbl[ H]|for help\]"  # a bad supply may garble its start
_BANNER = rb"Grbl(?:HAL)? \d[^\n]*\n"
_ERRORS = {
    "1": "a word without a letter", "2": "a malformed number", "8": "it is not idle",
    "9": "it is locked; home it, or unlock it", "15": "it is out of reach", "20": "unknown command",
}  # fmt: skip
_ALARMS = {
    "1": "a limit switch was hit", "2": "a move leads out of reach", "3": "it was reset while moving",
    "6": "homing was interrupted", "8": "homing did not leave the switch", "9": "homing found no switch",
}  # fmt: skip
_HELD = ("Hold", "Door", "Sleep", "Check")
_MOVING = ("Run", "Hold:1", "Door:2", "Door:3", "Home", "Jog")
_USUAL_PACE = b"\x90\x95\x99"  # of strokes, of travels and of the spindle that is the servo
_ASK_S = 0.3
_POLL_S = 0.1
_BOOTS = 8  # queries of 0.3 s: an Arduino takes 2.5 s from its reset to its first message
_HOLDS_ALWAYS = 255  # of $1
_OFF_MM = 0.05  # how far a Z axis may be from the place where its homing ends
_LOST_MM = 0.1  # a pen further off its place shows lost bytes; a step is smaller

# Settings, by number
_IDLE, _INCHES, _HOMING, _HOME_LOW, _BACK = 1, 13, 22, 23, 27
_LASER, _REACH_X, _REACH_Y = 32, 130, 131


class GrblDriver(GcodeDriver):
    """GRBL 1.1 and compatible firmware."""

    title = "GRBL"
    pause_s = 0.0
    window = 1  # a lost line then shows in its own stroke, not in a later one
    usual = ("G17 G54 G90 G94",)
    absolute = "G90 "
    room = 127
    state = "Idle"
    _unit = 1.0  # of its reports, in mm
    _at = (0.0, 0.0, 0.0)  # MPos in mm
    _wco = (0.0, 0.0, 0.0)  # by how much its work coordinates differ from its steps, in mm
    _work_z = 0.0  # the same along Z, without our mark
    _asked_s = 0.0
    _z_counts = True  # whether Z still counts from where it did when `zero_z` was set
    _power = 0.0  # of the servo, as it reports
    _has_overrides = False  # GRBL 0.9 has none, and reads their bytes as part of a line
    _tells_power = False  # whether its report ever matched what was sent
    _idle = 0  # consecutive reports that it is idle while it owes an answer
    _idled_s = 0.0  # when it last reported that
    _is_proving = False  # whether the oldest command is answered, but its place is still queried
    _values: Mapping[int, float] = {}  # its settings, as `$$` lists them

    def connect(self, *, may_reset: bool = False) -> None:
        reset = self._awaken(may_reset=may_reset)
        self._status()
        if self.state.startswith(_HELD):
            self.alarm, self.firmware = self._held_words, "GRBL"
            return
        is_marked = self._is_marked()
        version = self._query(b"$I\n")
        if found := re.search(rb"\[OPT:[^,\]]*,\d+,(\d+)", version):
            self.room = max(40, int(found[1]) - 1)
        rows = re.findall(rb"\$(\d+)=(-?[\d.]+)", self._query(b"$$\n"))
        self._values = {int(key): float(value) for key, value in rows}
        if self._values.get(_LASER) == 1:
            raise MachineError("GRBL is in laser mode: the pen does not go down; send it $32=0")
        self.homes = bool(self.homing) or self._values.get(_HOMING, 0) > 0
        self._unit = INCH if self._values.get(_INCHES) == 1 else 1.0
        self._read_shift()
        self._status()
        self.alarm = "it is locked after an alarm" if self.state == "Alarm" else ""
        self.lets_go = self._values.get(_IDLE, _HOLDS_ALWAYS) != _HOLDS_ALWAYS
        self.kept_counting = self._z_counts = is_marked and not (reset or self.alarm)
        self.known = self.kept_counting and self._knows_z
        found = _VERSION.search(version)
        title = "grblHAL" if b"FIRMWARE:grblHAL" in version else "GRBL"
        self.firmware = f"{title} {found[1].decode().strip() if found else 'of unknown version'}"

    def _is_marked(self) -> bool:
        """Whether it has kept the values of `mark`: a tool's length, perhaps told in inches, and a feed."""
        self._query(b"$#\n")  # ends a line that was cut off
        found = _MARK.search(self._query(b"$#\n"))
        length = float(found[1]) if found else 0.0
        feed = _FEED.search(self._query(b"$G\n"))
        has_feed = feed is not None and float(feed[1]) > 0
        return has_feed and self.marker > 0 and self.marker in (round(length), round(length * INCH))

    @property
    def _knows_z(self) -> bool:
        return not self.moves_z or (self._z_counts and self.zero_z is not None)

    @property
    def advice(self) -> list[str]:
        sentences = []
        if self.lets_go:
            sentences.append(
                "its motors let go when it stands; a plot sets $1=255 and puts it back"
            )
        if not self.moves_z:
            sentences.append("the pen is moved by M3 and M5; a spindle would turn")
        return sentences

    def _awaken(self, *, may_reset: bool) -> bool:
        """Wait for its first message; return whether it has just been reset."""
        known = rb"(%b)|(%b)" % (_STATUS.pattern, _BANNER)
        kicks = [b"\x18"] if may_reset else []  # in some alarms it listens to nothing else
        for question in [*[b"?"] * _BOOTS, *kicks, *[b"?"] * _BOOTS]:
            try:
                heard = self.ask(question, known, _ASK_S).string
            except MachineError as error:
                trouble = error
                continue
            self.quiet(_POLL_S)
            return b"Grbl" in heard
        raise trouble

    @property
    def _held_words(self) -> str:
        is_door = self.state.startswith("Door")
        return "its safety door is open: close it" if is_door else "it was paused by its own button"

    def set_modes(self) -> None:
        if self._has_overrides:  # at another program's half power a servo would not lower the pen
            self.port.write(_USUAL_PACE)
        super().set_modes()

    def take_over(self) -> None:
        until = time.monotonic() + 60.0
        while self._is_moving():  # what another program has left
            if time.monotonic() > until:
                raise MachineError("the machine is still moving after 60 s; stop it first")
        if self.state.startswith(_HELD):
            self.ask(b"\x18", _BANNER)
            self.quiet(_POLL_S / 2)
            self.connect()

    def _is_moving(self) -> bool:
        """Ask whether it moves; GRBL 0.9 reports `Hold` also while it still moves."""
        before = self._at
        if self._status() != "Hold":
            return self.state in _MOVING
        self.quiet(_POLL_S / 2)
        return self._at != before

    def unlock(self) -> None:
        if self._status() == "Alarm":
            self._query(b"$X\n")
            self.state, self.alarm = "Idle", ""

    def _status(self) -> str:
        self._take_status(self.ask(b"?", _STATUS.pattern, 2.0)[0])
        return self.state

    def _query(self, line: bytes) -> bytes:
        return self.ask(line, _ANSWER).string

    def mark(self) -> None:
        """Set the length of a tool, which no stroke changes, and a feed: a reset clears one or both."""
        self.marker = random.randint(1, 99)
        self._write_mark()

    def _write_mark(self) -> None:
        self._query(b"G21 G43.1 Z%d F1000\n" % self.marker)
        if self._knows_z:
            self.restore_z()  # the tool's length shifts Z, too

    def _read_shift(self) -> None:
        told = self._query(b"$#\n")
        shifts = _SHIFT.findall(told)
        numbers = np.array([[float(part or 0) for part in row] for row in shifts]).reshape(-1, 3)
        x, y, self._work_z = (numbers.sum(axis=0) * self._unit).tolist()
        mark = _MARK.search(told)
        self._wco = x, y, self._work_z + (float(mark[1]) * self._unit if mark else 0.0)

    @property
    def shift(self) -> Place:
        x, y = self.zero or (0.0, 0.0)
        return x - self._wco[0], y - self._wco[1]

    def position(self) -> Place:
        self._status()
        x, y = self.zero or (0.0, 0.0)
        return self._at[0] - x, self._at[1] - y

    def zero_here(self) -> None:
        self._status()
        self.zero = self._at[:2]
        self.zero_z = self._at[2] if self.moves_z else None
        self.known = self._z_counts = True

    def restore_z(self) -> None:
        if not self.moves_z:
            return
        if self.zero_z is None or not self._knows_z:
            raise MachineError("it is not known where the paper is for the Z axis", lost=True)
        self._status()
        self._query(f"G92 Z{self._at[2] - self.zero_z:.4f}\n".encode())

    def home(self) -> None:
        if not self.homes:
            return
        answer = self.ask(b"$H\n", _ANSWER, 120.0)[1].decode(errors="replace")
        if answer != "ok":
            why = _words(answer)
            raise MachineError(f"homing failed: {why}; see its limit switches", lost=True)
        self.alarm = ""
        self._read_shift()
        self._status()
        self._find_corner()
        back_mm = self._values.get(_BACK, 1.0)
        self.is_up = self.moves_z and abs(self._at[2] + back_mm) < _OFF_MM
        self._z_counts = self._z_counts or self.is_up
        if self.zero_z is None and self._work_z:  # the machine's own work zero
            self.zero_z = self._work_z
        self.known = self._knows_z

    def _find_corner(self) -> None:
        """Find the lower left corner of the reach from the corner with the switches, where the pen is now."""
        back_mm, low = self._values.get(_BACK, 1.0), int(self._values.get(_HOME_LOW, 0))
        sides = [max(self._values.get(row, 0.0) - 2 * back_mm, 0.0) for row in (_REACH_X, _REACH_Y)]
        self.reach = sides[0], sides[1]
        x = self._at[0] if low & 1 else self._at[0] - sides[0]
        y = self._at[1] if low & 2 else self._at[1] - sides[1]
        self.corner = x, y
        if self.zero is None:  # the machine's own work zero, if it has one
            self.zero = self.corner if self._wco[:2] == (0.0, 0.0) else self._wco[:2]

    def hold_motors(self) -> None:
        hold_ms = self._values.get(_IDLE, _HOLDS_ALWAYS)
        if hold_ms != _HOLDS_ALWAYS:
            self.hold_ms = int(hold_ms)
            self._query(b"$1=%d\n" % _HOLDS_ALWAYS)

    def let_motors_go(self) -> None:
        if self.hold_ms is not None:
            self._query(b"$1=%d\n" % self.hold_ms)
            self.hold_ms = None

    def pen_down(self, section: Section | None = None) -> Iterator[Command]:
        if section is not None:  # of a stroke: bytes may have been lost on the way to it
            yield self.command("G4 P0", corner=True, at=self._here)
        *rows, last = super().pen_down(section)
        yield from rows
        found = [_SERVO.match(row.text) for row in rows]
        powers = [float(row[1]) for row in found if row]
        if section is None or not powers:
            yield last
        else:
            yield replace(last, at=self._here, power=powers[-1])

    def line(self, points: Points, section: Section) -> Iterator[Command]:
        yield from super().line(points, section)
        yield self.command(self.absolute)

    def _move(self, row: str, way: Points) -> str:
        x, y = np.round(way, self.profile.decimals).tolist()
        return f"G91 G1 X{x} Y{y}"

    def fits(self, command: Command) -> bool:
        if self.pending and self.pending[-1].corner:
            return False
        return sum(len(one.text) for one in [*self.pending, command]) <= self.room

    def take(self, line: bytes) -> None:
        self._heard_s = time.monotonic()
        answer = line.decode(errors="replace")
        if line == b"ok":
            self._take_ok()
        elif line.startswith(b"<"):
            self._take_status(line)
        elif line.startswith(b"error"):
            command = self.pending[0].text.decode().strip() if self.pending else "a line"
            raise MachineError(f"the machine refused {command!r}: {_words(answer)}")
        elif line.startswith(b"ALARM"):
            self.state = "Alarm"
            is_lost = answer not in ("ALARM:2", "ALARM: Soft limit")
            raise MachineError(f"{_words(answer)}; free the machine, then resume", lost=is_lost)
        elif re.search(_FIRST_WORDS, line):
            raise MachineError("the machine was reset or lost its power", lost=True)
        elif not line.startswith((b"[", b"$", b">")):
            raise self.garbled(line)

    def _take_ok(self) -> None:
        self._idle = 0
        self._is_proving = bool(self.pending and self.pending[0].at)
        if self._is_proving:
            self.port.write(b"?")
        else:
            self.acknowledge()

    def _prove(self) -> None:
        """Acknowledge the oldest command when the pen is where it must be."""
        zero, planned = self.zero or (0.0, 0.0), self.pending[0].at or (0.0, 0.0)
        here = self._at[0] - zero[0], self._at[1] - zero[1]
        if math.dist(here, planned) > _LOST_MM:
            raise MachineError(
                f"the pen is at {here[0]:.2f}, {here[1]:.2f} mm, not at {planned[0]:.2f}, "
                f"{planned[1]:.2f}: bytes were lost on the way; resume the plot",
                lost=not self._is_marked(),
            )
        power = self.pending[0].power
        self._tells_power = self._tells_power or self._power == power
        if self._tells_power and power not in (None, self._power):
            raise MachineError(
                f"the pen's servo has {self._power:g}, not {power:g}: bytes were lost on the way; "
                "resume the plot"
            )
        self._is_proving = False
        self.acknowledge()

    def _take_status(self, line: bytes) -> None:
        match = _STATUS.match(line)
        if match is None:
            raise self.garbled(line)
        self.state = match[1].decode()
        if self.state.startswith("Alarm"):  # grblHAL may name the alarm
            self.state = "Alarm"
        self._has_overrides = b"|" in line
        if place := _PLACE.search(line):
            x, y, z = (float(part or 0) * self._unit for part in place.groups()[1:])
            add_x, add_y, add_z = self._wco if place[1] == b"WPos" else (0.0, 0.0, 0.0)
            self._at = x + add_x, y + add_y, z + add_z
        if power := _POWER.search(line):
            self._power = float(power[1])
        if self._is_proving:
            if self.state == "Idle":
                self._prove()
            return
        if self.state != "Idle" or not self.pending:
            self._idle = 0
        elif (
            time.monotonic() - self._idled_s > _POLL_S / 2
        ):  # answers that arrive together count once
            self._idle, self._idled_s = self._idle + 1, time.monotonic()
        dwell_s = sum(self.profile.dwell_s(one.text.decode()) for one in self.pending)
        if self._idle > 2 + dwell_s / _POLL_S:
            raise MachineError("the machine is idle although it owes an answer: a line was lost")

    def check(self) -> None:
        if not self.pending:
            return
        super().check()
        now = time.monotonic()
        if now - max(self._heard_s, self._waiting_since_s) > self.silence_s:
            raise self.silent(self.silence_s)  # `?` is always answered at once
        is_answered = self._asked_s < self._heard_s or now - self._asked_s > _ASK_S
        if is_answered and now - self._heard_s > _POLL_S:  # three together would report it thrice
            self._asked_s = now
            self.port.write(b"?")
        if self.state.startswith(_HELD):
            raise MachineError(f"{self._held_words}; then resume the plot")
        if self.state == "Alarm":
            raise MachineError("the machine is in alarm; free it, then resume the plot", lost=True)

    def forget(self) -> None:
        super().forget()
        self._is_proving = False

    def halt(self) -> None:
        """Hold, wait until it stands, reset: this keeps the position and clears the queue."""
        was_alarmed = self.state == "Alarm"
        self.forget()
        self.port.write(b"\x18" if was_alarmed else b"!")
        self._stand_and_lift(own_reset=was_alarmed)

    def rescue(self) -> None:
        self._stand_and_lift(own_reset=False, is_other=True)

    def _stand_and_lift(self, *, own_reset: bool, is_other: bool = False) -> None:
        """Wait until it stands and lift the pen; a Z axis that was switched off meanwhile is left alone.

        With `is_other` another program has driven it until now, perhaps long ago.
        """
        was_reset = self._awaken(may_reset=True) and not own_reset
        until = time.monotonic() + 10.0
        while self._is_moving() and time.monotonic() < until:
            pass
        if was_reset:
            self.marker = 0
            if self.moves_z or self.state == "Alarm":
                return
        if is_held := self.state.startswith(_HELD):
            self.ask(b"\x18", _BANNER)
            self.quiet(_POLL_S / 2)
        elif is_other:  # another program may have read its first message after a power cut
            self._z_counts = self._is_marked()
        if self.alarm or not self._knows_z:  # nobody has allowed it to move yet
            return
        self.unlock()
        for row in self.modes:
            self._query(row.encode() + b"\n")
        self.restore_z()
        for command in self.pen_up():
            self._query(command.text)
        self._read_shift()
        if self.marker and (is_held or own_reset):
            self._write_mark()


def _words(answer: str) -> str:
    """Return an error or alarm in words; GRBL 0.9 sends words instead of numbers."""
    kind, _, number = answer.lower().partition(":")
    if not number.isdigit():
        return answer
    known = _ALARMS if kind == "alarm" else _ERRORS
    return f"{kind} {number}: {known.get(number, 'see its manual')}"
