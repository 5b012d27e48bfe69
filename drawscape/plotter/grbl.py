"""GRBL 1.1 and FluidNC: bytes are counted, pen-ups are barriers, and `?` tells what truly happens.

Source: github.com/gnea/grbl, doc/markdown/interface.md and commands.md. `M3`, `M5` and `G4` wait for the
planner, so the answer to the `G4` behind a pen-up proves that the stroke is drawn.
"""

import random
import re
import time

from drawscape.drawing.units import INCH
from drawscape.errors import MachineError
from drawscape.plotter.driver import Command
from drawscape.plotter.gcode import GcodeDriver

_STATUS = re.compile(rb"<(\w+(?::\d)?)[|,][^<>\n]*>")
_PLACE = re.compile(rb"([MW]Pos):(-?[\d.]+),(-?[\d.]+)")
_SHIFT = re.compile(rb"\[(?:G54|G92):(-?[\d.]+),(-?[\d.]+)")
_ANSWER = rb"(?:^|\n)(ok|error[^\r\n]*)\r?\n"
_BANNER = rb"Grbl(?:HAL)? \d[^\n]*\n"
_ERRORS = {
    "1": "a word without a letter", "2": "a number that is none", "8": "it is not idle",
    "9": "it is locked; home it or send $X", "15": "it is out of reach", "20": "unknown command",
    "22": "no feed rate", "33": "an arc that is none",
}  # fmt: skip
_ALARMS = {
    "1": "a limit switch was hit", "2": "a move leads out of reach", "3": "it was reset while moving",
    "6": "homing was interrupted", "8": "homing did not leave the switch", "9": "homing found no switch",
}  # fmt: skip
_HOLD = ("Hold", "Door", "Sleep", "Check")
_MOVING = ("Run", "Hold:1", "Home", "Jog")
_POLL_S = 0.1
_BOOT_S = 2.5  # that an Arduino takes from its reset to its first word
_NO_TOOL = 100  # the marker of a machine that does not remember its tool


class GrblDriver(GcodeDriver):
    """GRBL 1.1 and what speaks like it."""

    title = "GRBL"
    pause_s = 0.0
    window = 1  # a lost line then shows in its own stroke, and not in a later one
    usual = ("G17 G49 G54 G90 G94",)
    room = 127
    state = "Idle"
    _inches = False
    _at = (0.0, 0.0)  # MPos in mm
    _wco = (0.0, 0.0)
    _asked_s = 0.0
    _freed = False  # from a hold, by a reset of ours that kept its place
    _idle_since: float | None = None

    def connect(self) -> None:
        reset = self._wake(kick=True)
        tool = self._tool()
        version = self._query(b"$I\n")
        if found := re.search(rb"\[OPT:[^,\]]*,\d+,(\d+)", version):
            self.room = max(40, int(found[1]) - 1)
        settings = dict(re.findall(rb"\$(\d+)=(-?[\d.]+)", self._query(b"$$\n")))
        if settings.get(b"32") == b"1":
            raise MachineError(
                "GRBL is in laser mode, in which the pen does not go down; send it $32=0"
            )
        self.homes = bool(self.homing) or float(settings.get(b"22", 0)) > 0
        self._inches = settings.get(b"13") == b"1"
        self._take_speeds({int(key): float(value) for key, value in settings.items()})
        self._read_shift()
        self._status()
        # Without the mark, a machine that stands elsewhere than a reset leaves it was not reset.
        unmarked = self._freed or self.marker == _NO_TOOL
        known = self.marker == tool or (unmarked and self._at != (0.0, 0.0))
        self.kept = known and self.marker > 0 and not reset
        name = re.search(rb"\[VER:([^\]]*)\]", version)
        self.firmware = f"GRBL {name[1].decode() if name else 'of unknown version'}"

    def _wake(self, *, kick: bool = False) -> bool:
        """Make the machine ready for commands; return whether it was reset. The pen does not move."""
        heard, begun, asked = b"", time.monotonic(), 0.0
        reset = False
        while not _STATUS.search(heard) and not reset:
            now = time.monotonic()
            if now - begun > 2 * _BOOT_S:
                raise MachineError(
                    f"no GRBL at {self.port.path}: it answered {heard[-40:]!r}; "
                    "check power, cable, port and driver"
                )
            if now - asked > 0.3:
                asked = now
                self.port.write(b"?")
            if kick and now - begun > _BOOT_S:
                kick = False
                self.port.write(b"\x18")  # in some alarms it listens to nothing else
            heard += self.port.read()
            reset = bool(re.search(_BANNER, heard))
        self.quiet(0.1)
        until = time.monotonic() + 60.0
        while self._status() in _MOVING:  # what another program has left
            if time.monotonic() > until:
                raise MachineError("the machine is still moving after 60 s; stop it first")
        if self.state.startswith(_HOLD):
            self._freed = self._reset() != "Alarm"
        self._unlock()
        self._query(b"$G\n")  # ends a line that was cut off
        return reset

    def _unlock(self) -> None:
        if self.state == "Alarm":
            self._query(b"$X\n")
            self.state = "Idle"

    def _take_speeds(self, settings: dict[int, float]) -> None:
        """Let the estimate count with the machine's own limits."""
        found = {
            "travel_speed": min(settings.get(110, 0.0), settings.get(111, 0.0)) / 60,
            "draw_acceleration": min(settings.get(120, 0.0), settings.get(121, 0.0)),
            "travel_acceleration": min(settings.get(120, 0.0), settings.get(121, 0.0)),
            "corner_deviation_mm": settings.get(11, 0.0),
        }
        if self.profile.travel_feed is not None:
            found.pop("travel_speed")
        self.speeds = {name: value for name, value in found.items() if value > 0}

    def _status(self) -> str:
        """Return the machine's state, asked now."""
        self._take_status(self.ask(b"?", _STATUS.pattern, 2.0)[0])
        return self.state

    def _query(self, line: bytes) -> bytes:
        """Send a line while nothing is pending; return all that comes, with `ok` or an error."""
        return self.ask(line, _ANSWER).string

    def _tool(self) -> int:
        found = re.search(rb" T(\d+)", self._query(b"$G\n"))
        return int(found[1]) if found else 0

    def mark(self) -> None:
        """Name a tool: a reset forgets it, and nothing else uses it."""
        self.marker = random.randint(1, _NO_TOOL - 1)
        self._mark_again()
        if self._tool() != self.marker:
            self.marker = _NO_TOOL

    def _mark_again(self) -> None:
        if 0 < self.marker < _NO_TOOL:
            self._query(f"T{self.marker}\n".encode())

    def _read_shift(self) -> None:
        """Read by how much the machine's work coordinates differ from its steps."""
        shifts = _SHIFT.findall(self._query(b"$#\n"))
        unit = INCH if self._inches else 1.0
        self._wco = sum(float(x) for x, _ in shifts) * unit, sum(float(y) for _, y in shifts) * unit

    @property
    def shift(self) -> tuple[float, float]:
        """What is added to a place of the sheet for the machine's work coordinates."""
        return self.zero[0] - self._wco[0], self.zero[1] - self._wco[1]

    def position(self) -> tuple[float, float]:
        self._status()
        return self._at[0] - self.zero[0], self._at[1] - self.zero[1]

    def zero_here(self) -> None:
        self._status()
        self.zero = self._at

    def home(self) -> None:
        answer = self.ask(b"$H\n", rb"(?:^|\n)(ok|error[^\r\n]*|ALARM[^\r\n]*)\r?\n", 120.0)[1]
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
            self._idle_since = None
        elif line.startswith(b"<"):
            self._take_status(line)
        elif line.startswith(b"error"):
            command = self.pending[0].text.decode().strip() if self.pending else "a line"
            raise MachineError(
                f"the machine refused {command!r}: error {number}, {_ERRORS.get(number, 'see its manual')}"
            )
        elif line.startswith(b"ALARM"):
            self.state = "Alarm"
            raise MachineError(
                f"alarm {number}: {_ALARMS.get(number, 'see the manual')}; free the machine, then resume",
                lost=number != "2",
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
            unit = INCH if self._inches else 1.0
            added = self._wco if place[1] == b"WPos" else (0.0, 0.0)
            self._at = (float(place[2]) * unit + added[0], float(place[3]) * unit + added[1])
        if self.state != "Idle" or not self.pending:
            self._idle_since = None
            return
        now = time.monotonic()
        self._idle_since = self._idle_since or now
        dwell_s = sum(self.dwell_s(command.text.decode()) for command in self.pending)
        if now - self._idle_since > dwell_s + 2 * _POLL_S:
            raise MachineError("the machine is idle although it owes an answer: a line was lost")

    def check(self) -> None:
        if not self.pending:
            return
        self.heard_within(self.silence_s)  # `?` is answered at once, whatever it does
        now = time.monotonic()
        if min(now - self._heard_s, now - self._asked_s) > _POLL_S:
            self._asked_s = now
            self.port.write(b"?")
        if self.state.startswith(_HOLD):
            raise MachineError("the machine was paused by its own button; resume the plot")
        if self.state == "Alarm":
            raise MachineError("the machine is in alarm; free it, then resume the plot", lost=True)

    def forget(self) -> None:
        super().forget()
        self._idle_since = None

    def halt(self) -> None:
        """Hold, wait until it stands, reset: the place is kept then, and the queue is gone."""
        self.forget()
        alarmed = self.state == "Alarm"
        if not alarmed:
            until = time.monotonic() + 10.0
            self.port.write(b"!")
            while self._status() in _MOVING and time.monotonic() < until:
                pass
        if self._reset() == "Alarm" and not alarmed:
            self.marker = 0
        self._lift()
        self._read_shift()

    def _reset(self) -> str:
        self.ask(b"\x18", _BANNER)
        self.quiet(_POLL_S / 2)
        return self._status()

    def _lift(self) -> None:
        self._unlock()
        for command in [*map(self.line, self.modes), *self.pen(False)]:
            self._query(command.text)
        self._mark_again()

    def rescue(self) -> None:
        self._wake()
        if not self._freed:  # then the machine still has its mark, or was switched off meanwhile
            self.marker = 0
        self._lift()
