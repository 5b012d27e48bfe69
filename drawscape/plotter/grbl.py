"""GRBL 1.1 and FluidNC: bytes are counted, pen-ups are barriers, and `?` tells what truly happens.

Source: github.com/gnea/grbl, doc/markdown/interface.md and commands.md. `M3`, `M5` and `G4` wait for the
planner, so the answer to the `G4` behind a pen-up proves that the stroke is drawn.
"""

import random
import re
import time
from collections.abc import Callable, Iterator

import numpy as np

from drawscape.drawing.units import INCH
from drawscape.errors import MachineError
from drawscape.geometry.lines import Points
from drawscape.plot.export.gcode import Arc, GcodeProfile, arcs_and_points
from drawscape.plotter.driver import Command, Contact, Driver
from drawscape.plotter.plan import Section

_STATUS = re.compile(rb"<(\w+(?::\d)?)[|,]")
_PLACE = re.compile(rb"([MW]Pos):(-?[\d.]+),(-?[\d.]+)")
_SHIFT = re.compile(rb"\[(G54|G92):(-?[\d.]+),(-?[\d.]+)")
_ERRORS = {
    "1": "a word without a letter", "2": "a number that is none", "8": "it is not idle",
    "9": "it is locked; home it or send $X", "15": "it is out of reach", "20": "unknown command",
    "22": "no feed rate", "33": "an arc that is none",
}  # fmt: skip
_ALARMS = {
    "1": "a limit switch was hit", "2": "a move leads out of reach", "3": "it was reset while moving",
    "6": "homing was interrupted", "8": "homing did not leave the switch", "9": "homing found no switch",
}  # fmt: skip
_POLL_S = 0.1
_CONNECT_S = 4.0


class GcodeDriver(Driver):
    """What GRBL and Marlin share: strokes as G-code of the machine's profile."""

    sync = ""
    _last = (0.0, 0.0)

    @property
    def profile(self) -> GcodeProfile:
        """The machine's own commands."""
        return self.machine.profile or GcodeProfile()

    def _place(self, x: float, y: float) -> str:
        unit = 1.0 if self.profile.units == "mm" else INCH
        digits = self.profile.digits
        return f"X{round(x / unit, digits) + 0.0} Y{round(y / unit, digits) + 0.0}"

    def line(self, text: str, stroke: int = 0, lasts_s: float = 0.0) -> Command:
        """Return the command of one line."""
        return Command(text.encode("ascii") + b"\n", stroke, lasts_s)

    def travel(self, x: float, y: float) -> Iterator[Command]:
        profile = self.profile
        unit = 1.0 if profile.units == "mm" else INCH
        far_mm = float(np.hypot(x - self._last[0], y - self._last[1]))
        far_s = 0.5 + 2 * far_mm / self.machine.plotter.travel_speed
        self._last = (x, y)
        place = self._place(x + self.shift[0], y + self.shift[1])
        if profile.travel_feed is None:
            yield self.line(f"G0 {place}", lasts_s=far_s)
        else:
            yield self.line(f"G1 {place} F{profile.travel_feed / unit:g}", lasts_s=far_s)

    shift = (0.0, 0.0)
    """What is added to a place for the coordinates that the machine works in."""

    def pen(self, down: bool, section: Section | None = None) -> Iterator[Command]:
        yield from self._pen(down, section, 0)

    def _pen(self, down: bool, section: Section | None, stroke: int) -> Iterator[Command]:
        percent = self.settings.get("down_percent")
        if section is not None and section.height is not None:
            percent = section.height
        text = self.profile.down(percent) if down else self.profile.command("pen_up")
        lines = [row.strip() for row in text.split("\n") if row.strip()]
        if self.sync:
            lines.insert(0, self.sync)
        if not down and not lines[-1].upper().startswith("G4"):
            lines.append(self.barrier)
        for row in lines:
            last = row is lines[-1]
            yield self.line(row, stroke if last else 0, 0.1 + self.dwell_s(row))

    barrier = "G4 P0.01"

    def settle(self) -> None:
        self.run(iter([self.line(self.barrier, lasts_s=10.0)]))

    def dwell_s(self, row: str) -> float:
        """Return how long a line makes the machine wait, in s."""
        match = re.match(r"\s*G0?4\s*P([\d.]+)", row, re.IGNORECASE)
        return float(match[1]) if match else 0.0

    def feed(self, section: Section) -> float:
        """Return the feed of a section in mm/min, with what was set while plotting."""
        profile = self.profile
        feed = (
            profile.draw_feed if section.speed is None else profile.top_feed * section.speed / 100
        )
        return feed * float(self.settings.get("speed", 100.0)) / 100

    def stroke(self, points: Points, section: Section, number: int) -> Iterator[Command]:
        yield from self.travel(*points[0].tolist())
        yield from self._pen(True, section, 0)
        profile = self.profile
        unit = 1.0 if profile.units == "mm" else INCH
        places = np.round((points + self.shift) / unit, profile.digits) + 0.0
        feed = f" F{self.feed(section) / unit:g}"
        mm_s = self.feed(section) / 60
        lengths = np.hypot(*np.diff(points, axis=0).T).tolist()
        for row, first, last in self._moves(places):
            lasts = sum(lengths[first:last]) / mm_s
            yield self.line(row + feed, lasts_s=0.05 + lasts)
            feed = ""
        self._last = (float(points[-1][0]), float(points[-1][1]))
        yield from self._pen(False, section, number)

    def _moves(self, places: Points) -> Iterator[tuple[str, int, int]]:
        """Yield each move with the points between which it goes."""
        profile = self.profile
        if not profile.arcs:
            for index, (x, y) in enumerate(places[1:].tolist()):
                yield f"G1 X{x} Y{y}", index, index + 1
            return
        unit = 1.0 if profile.units == "mm" else INCH
        here = 0
        for move in arcs_and_points(places, profile.arc_tolerance_mm / unit):
            last = move.last if isinstance(move, Arc) else move
            x, y = places[last].tolist()
            if isinstance(move, Arc):
                i, j = move.cx - places[here][0], move.cy - places[here][1]
                code = "G3" if move.turn > 0 else "G2"
                yield (
                    f"{code} X{x} Y{y} I{i:.{profile.digits}f} J{j:.{profile.digits}f}",
                    here,
                    last,
                )
            else:
                yield f"G1 X{x} Y{y}", here, last
            here = last


class GrblDriver(GcodeDriver):
    """GRBL 1.1 and what speaks like it."""

    room = 127
    inches = False
    window = 1  # a lost line then shows in its own stroke, and not in a later one

    def connect(self, marker: int) -> Contact:
        banner = self._wake()
        if not banner:
            self._settle()
        if self.state.startswith("Alarm"):
            self._ask(b"$X\n")
        modes = self._ask(b"$G\n")
        if b"error" in modes:  # the rest of a line that another program left
            modes = self._ask(b"$G\n")
        tool = re.search(rb" T(\d+)", modes)
        version = self._ask(b"$I\n")
        if found := re.search(rb"\[OPT:[^,\]]*,\d+,(\d+)", version):
            self.room = max(40, int(found[1]) - 1)
        settings = self._ask(b"$$\n")
        self.homes = b"$22=1" in settings
        self.inches = b"$13=1" in settings
        self._read_shift()
        x, y = self.position()
        kept = not banner and (
            int(tool[1]) == marker
            if tool and marker
            else marker > 0 and (x, y) != (-self.zero[0], -self.zero[1])
        )
        name = re.search(rb"\[VER:([^\]]*)\]", version)
        return Contact(f"GRBL {name[1].decode() if name else 'of unknown version'}", kept)

    def _wake(self) -> bool:
        """Wait until the machine answers; return whether it has just been reset."""
        heard, until = b"", time.monotonic() + _CONNECT_S
        asked = 0.0
        while time.monotonic() < until:
            heard += self.port.read()
            if re.search(rb"Grbl \d", heard):
                heard += self.quiet(0.1)
                self.state = "Alarm" if b"$H" in heard or b"ALARM" in heard else "Idle"
                return True
            if _STATUS.search(heard) and heard.endswith(b"\n"):
                self._take_status(heard[heard.rindex(b"<") :])
                return False
            if time.monotonic() - asked > 0.3:
                asked = time.monotonic()
                self.port.write(b"?")
        what = "nothing" if not heard else repr(heard[-40:])
        raise MachineError(
            f"no GRBL at {self.port.path}: it answered {what}; check power, port and driver"
        )

    state = "Idle"
    _at = (0.0, 0.0)  # MPos in mm
    _wco = (0.0, 0.0)
    _asked_s = 0.0
    _idle_since: float | None = None
    _reply: bytearray | None = None

    def _settle(self) -> None:
        """Wait until what another program has left is drawn, then lift the pen."""
        until = time.monotonic() + 60.0
        while self._status() in ("Run", "Hold:1", "Home", "Jog"):
            if time.monotonic() > until:
                raise MachineError("the machine is still moving after 60 s; stop it first")
        if self.state.startswith(("Hold", "Door", "Sleep")):
            self._reset()

    def _status(self) -> str:
        """Return the machine's state, asked now."""
        self.port.write(b"?")
        self._await(lambda text: bool(_STATUS.search(text)) and text.endswith(b"\n"), 2.0)
        return self.state

    def _await(self, enough: Callable[[bytes], bool], seconds: float) -> bytes:
        heard, until = b"", time.monotonic() + seconds
        while not enough(heard):
            if time.monotonic() > until:
                raise MachineError(
                    "the machine does not answer; check cable and power, then resume the plot"
                )
            heard += self.port.read()
        for line in heard.splitlines():
            if line.startswith(b"<"):
                self._take_status(line)
        return heard

    def _ask(self, line: bytes, seconds: float = 3.0) -> bytes:
        """Send a line while nothing is pending; return all that comes, with `ok` or an error."""
        self.port.write(line)
        return self._await(
            lambda text: bool(re.search(rb"(^|\n)(ok|error:?.*)\r?\n", text)), seconds
        )

    def _read_shift(self) -> None:
        """Read by how much the machine's work coordinates differ from its steps."""
        shifts = _SHIFT.findall(self._ask(b"$#\n"))
        self._wco = (
            sum(float(x) for _, x, _ in shifts) * self._unit,
            sum(float(y) for _, _, y in shifts) * self._unit,
        )

    @property
    def _unit(self) -> float:
        return INCH if self.inches else 1.0

    @property
    def shift(self) -> tuple[float, float]:  # type: ignore[override]
        """What is added to a place of the sheet for the machine's work coordinates."""
        return self.zero[0] - self._wco[0], self.zero[1] - self._wco[1]

    def mark(self) -> int:
        """Name a tool: a reset forgets it, and nothing else uses it."""
        tool = random.randint(1, 99)
        self._ask(f"T{tool}\n".encode())
        self.marker = tool
        return tool

    def prepare(self) -> None:
        units = "G21" if self.profile.units == "mm" else "G20"
        start = [row.strip() for row in self.profile.command("start").split("\n") if row.strip()]
        lines = [units, "G90", *start]
        self.run(iter([self.line(row, lasts_s=60.0) for row in lines]))
        self.run(self.pen(False))

    def position(self) -> tuple[float, float]:
        self._status()
        return self._at[0] - self.zero[0], self._at[1] - self.zero[1]

    def zero_here(self) -> None:
        self._status()
        self.zero = self._at

    def home(self) -> None:
        self.port.write(b"$H\n")
        heard = self._await(lambda t: bool(re.search(rb"(^|\n)(ok|error|ALARM)", t)), 120.0)
        if b"ok" not in heard:
            raise MachineError(
                f"homing failed: {heard.decode(errors='replace').strip()}", lost=True
            )
        self._read_shift()
        if self.zero == (0.0, 0.0):  # none was set by us: the machine's own work zero
            self.zero = self._wco

    def fits(self, command: Command) -> bool:
        waiting = sum(len(one.text) for one in self.pending)
        return waiting + len(command.text) <= self.room

    def take(self, line: bytes) -> None:
        if line == b"ok":
            self.acknowledge()
            self._idle_since = None
        elif line.startswith(b"<"):
            self._take_status(line)
        elif line.startswith(b"error"):
            number = line.partition(b":")[2].strip().decode(errors="replace")
            command = self.pending[0].text.decode().strip() if self.pending else "a line"
            raise MachineError(
                f"the machine refused {command!r}: error {number}, {_ERRORS.get(number, 'see its manual')}"
            )
        elif line.startswith(b"ALARM"):
            number = line.partition(b":")[2].strip().decode(errors="replace")
            raise MachineError(
                f"alarm {number}: {_ALARMS.get(number, 'see the manual')}; free the machine, then resume",
                lost=number not in ("2",),
            )
        elif line.startswith(b"Grbl"):
            raise MachineError("the machine was reset or lost its power", lost=True)
        elif not line.startswith((b"[", b"$", b"<")):
            raise MachineError(
                f"the machine sent {line[:40]!r}, which is no answer; check cable and interference"
            )

    def _take_status(self, line: bytes) -> None:
        match = _STATUS.match(line)
        if match is None:
            raise MachineError(f"the machine sent {line[:40]!r}, which is no status")
        self.state = match[1].decode()
        for kind, x, y in _PLACE.findall(line)[:1]:
            added = self._wco if kind == b"WPos" else (0.0, 0.0)
            self._at = (float(x) * self._unit + added[0], float(y) * self._unit + added[1])
        self._asked_s = 0.0
        if self.state != "Idle":
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = time.monotonic()

    def check(self) -> None:
        now = time.monotonic()
        if not self.pending:
            return
        if now - self._heard_s > self.silence_s:  # `?` is answered at once, whatever it does
            raise MachineError(f"the machine has not answered for {self.silence_s:g} s")
        if now - self._heard_s > _POLL_S and now - self._asked_s > 4 * _POLL_S:
            self._asked_s = now
            self.port.write(b"?")
        first = self.pending[0]
        dwells = self.dwell_s(first.text.decode())
        if self._idle_since is not None and now - self._idle_since > dwells + 2 * _POLL_S:
            raise MachineError("the machine is idle although it owes an answer: a line was lost")
        if self.state.startswith(("Hold", "Door")):
            raise MachineError("the machine was paused by its own button; resume the plot")
        if self.state == "Alarm":
            raise MachineError("the machine is in alarm; free it, then resume the plot", lost=True)

    def halt(self) -> None:
        """Hold, wait until it stands, reset: the place is kept then, and the queue is gone."""
        self.forget()
        self._idle_since = None
        until = time.monotonic() + 3.0
        self.port.write(b"!")
        while self._status() in ("Run", "Hold:1", "Jog") and time.monotonic() < until:
            pass
        self._reset()
        if self.state == "Alarm":
            self._ask(b"$X\n")
        self._read_shift()
        self._ask(b"G90\n")
        if self.marker:
            self._ask(f"T{self.marker}\n".encode())
        self.run(self.pen(False))

    def _reset(self) -> None:
        self.port.write(b"\x18")
        self._await(lambda text: b"Grbl" in text and text.endswith(b"\n"), 3.0)
        heard = self.quiet(0.05)
        self._status()
        self.forget()
        if b"ALARM" in heard:
            self.state = "Alarm"

    def rescue(self) -> None:
        self._settle()
        if self.state == "Alarm":
            return
        for command in self.pen(False):
            self._ask(command.text)
