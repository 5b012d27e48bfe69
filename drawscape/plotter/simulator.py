"""A plotter without hardware: GRBL 1.1 on a pseudo-terminal, with its buffer; a move has one speed.

`python -m drawscape.plotter.simulator LINK` serves one at the path LINK. Pull its plug by ending the process:
the carriage stays where it is, and the next simulator at LINK begins there, as a real machine does.
"""

import contextlib
import math
import os
import re
import select
import signal
import sys
import threading
import time
import tty
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import orjson

Point = tuple[float, float]

_TICK_S = 0.001
_IDLE_S = 12 * 3600.0  # a plot may wait for a person over night
_SAVE_S = 0.5
_SETTINGS = {10: 1, 11: 0.01, 13: 0, 22: 0, 32: 0, 110: 5000, 111: 5000, 120: 1e5, 121: 1e5}
_MODES = ("G17", "G21", "G40", "G49", "G80", "G90", "G94", "M0", "M2")


@dataclass
class Carriage:
    """Where the pen truly is, and all that it has drawn; `rest_s` is the longest that it rested down."""

    at: Point = (0.0, 0.0)
    down: bool = False
    strokes: list[list[Point]] = field(default_factory=list)
    rest_s: float = 0.0
    moved_s: float = 0.0

    def pen(self, down: bool, now: float) -> None:
        """Move the pen; lowering it begins a stroke."""
        if self.down:
            self.rest_s = max(self.rest_s, now - self.moved_s)
        elif down:
            self.strokes.append([self.at])
        self.down, self.moved_s = down, now

    def move(self, to: Point, now: float) -> None:
        """Move the pen in a straight line."""
        if self.down and to != self.at:
            self.rest_s = max(self.rest_s, now - self.moved_s)
            self.strokes[-1].append(to)
        self.at, self.moved_s = to, now


class Motion:
    """Moves of a carriage, one after the other, each at its speed in mm/s; a hold stops at once."""

    def __init__(self, carriage: Carriage, depth: int) -> None:
        self.carriage, self.depth = carriage, depth
        self.blocks: deque[tuple[Point, float]] = deque()
        self.at: Point = (0.0, 0.0)  # as the firmware counts
        self.origin: Point = carriage.at  # where its zero truly is
        self.holding = self.held = False
        self._now = 0.0

    @property
    def target(self) -> Point:
        """Where the last move ends."""
        return self.blocks[-1][0] if self.blocks else self.at

    def add(self, end: Point, speed: float) -> None:
        """Append a move; one of no length is none."""
        if math.dist(self.target, end) >= 1e-6:
            self.blocks.append((end, speed))

    def advance(self, now: float) -> None:
        """Let the time pass until `now`."""
        left, self._now = now - self._now, now
        while left > 0 and self.blocks and not self.holding:
            end, speed = self.blocks[0]
            needed = math.dist(self.at, end) / speed
            if needed > left:
                (x, y), share = self.at, left / needed
                self.at = x + (end[0] - x) * share, y + (end[1] - y) * share
            else:
                self.at = end
                self.blocks.popleft()
            left -= needed
            self.carriage.move((self.origin[0] + self.at[0], self.origin[1] + self.at[1]), now)

    def hold(self) -> None:
        """Stop."""
        self.holding = self.held = True

    def resume(self) -> None:
        """Go on after a hold."""
        self.holding = self.held = False

    def drop(self) -> None:
        """Forget all moves, as a reset does; the place stays."""
        self.blocks.clear()
        self.resume()


class Emulator:
    """A machine on a pseudo-terminal, `scale` times as fast as time; subclasses speak its language."""

    baudrate = 115200

    def __init__(self, link: Path, carriage: Carriage | None = None, *, scale: float = 1.0) -> None:
        self.link, self.scale = link, scale
        self.carriage = carriage or Carriage()
        self.faults: deque[Callable[[Emulator], None]] = deque()
        self.muted = False  # it hangs: hears nothing, says nothing, does not move
        self.lost_bytes = 0
        self.dwelt_s = 0.0
        self.heard_s = 0.0
        self._out = bytearray()
        self._begun = time.monotonic()
        self._stop = threading.Event()
        self.plug()

    def plug(self) -> None:
        """Make a port and let `link` name it."""
        master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(master, False)
        temporary = self.link.with_name(f".{self.link.name}.{os.getpid()}.{id(self):x}")
        temporary.symlink_to(os.ttyname(self._slave))
        temporary.replace(self.link)
        self.master: int | None = master

    def unplug(self) -> None:
        """Pull the cable: the port is gone, the machine goes on with what it has."""
        master, self.master = self.master, None
        self.link.unlink(missing_ok=True)
        if master is not None:
            os.close(self._slave)
            os.close(master)

    @property
    def now(self) -> float:
        """Seconds of the machine's time."""
        return (time.monotonic() - self._begun) * self.scale

    def serve(self) -> None:
        """Answer until it is stopped."""
        last, allowance = self.now, 0.0
        while not self._stop.is_set():
            master = self.master
            with contextlib.suppress(OSError, ValueError):
                select.select([master] if master else [], [], [], _TICK_S if self.busy else 0.02)
            now = self.now
            allowance = min(allowance + (now - last) * self.baudrate / 10, 4096.0)
            last, data = now, b""
            with contextlib.suppress(OSError):
                data = os.read(master, max(1, int(allowance))) if master else b""
            allowance -= len(data)
            while self.faults:
                self.faults.popleft()(self)
            if not self.muted:
                self.heard_s = now
                self.receive(data)
                self.advance(now)
            if self.muted or self.master is None:
                self._out.clear()
            elif self._out:
                with contextlib.suppress(OSError):
                    del self._out[: os.write(self.master, bytes(self._out))]

    def say(self, text: str) -> None:
        """Send one line."""
        self._out += text.encode("latin-1") + b"\r\n"

    @property
    def busy(self) -> bool:
        """Whether time matters now."""
        return bool(self._out)

    def receive(self, data: bytes) -> None:
        """Take what arrived."""
        raise NotImplementedError

    def advance(self, now: float) -> None:
        """Let the machine work until `now`."""
        raise NotImplementedError


class GrblEmulator(Emulator):
    """GRBL 1.1: a receive buffer that drops what is too much, and 15 moves ahead; `settings` are of `$$`."""

    ROOM = 127

    def __init__(
        self, link: Path, carriage: Carriage | None = None, *, scale: float = 1.0, **settings: float
    ) -> None:
        super().__init__(link, carriage, scale=scale)
        self.settings = {**_SETTINGS, **{int(key[1:]): value for key, value in settings.items()}}
        self.systems: dict[str, Point] = {"G54": (0.0, 0.0), "G92": (0.0, 0.0)}
        self.motion = self.planner()
        self._boot()

    def planner(self) -> Motion:
        """Return what moves the carriage."""
        return Motion(self.carriage, 15)

    def _boot(self) -> None:
        self.rx = bytearray()
        self.line: str | None = None
        self.alarm, self.deaf = 0, False
        self.words = {"T": 0.0, "F": 0.0}
        self.mode, self.system = "G0", "G54"
        self.systems["G92"] = (0.0, 0.0)
        self._until, self._dwells = 0.0, False
        self.motion.drop()
        self.say("\r\nGrbl 1.1h ['$' for help]")

    @property
    def busy(self) -> bool:
        """Whether time matters now."""
        return bool(self.motion.blocks or self.rx or self.line or self._out)

    @property
    def state(self) -> str:
        """The state as `?` names it."""
        if self.alarm:
            return "Alarm"
        if self.motion.holding:
            return "Hold:0" if self.motion.held else "Hold:1"
        return "Run" if self.motion.blocks else "Idle"

    def ring(self, alarm: int) -> None:
        """Raise an alarm; after those of limits only a reset is heard."""
        self.motion.drop()
        self.alarm, self.deaf = alarm, alarm in (1, 2)
        self.say(f"ALARM:{alarm}")

    def receive(self, data: bytes) -> None:
        for byte in data:
            if byte == 0x18:
                moving = self.motion.blocks and not self.motion.held
                self._boot()
                if moving:
                    self.ring(3)
            elif self.deaf:
                continue
            elif byte == ord("?"):
                self.advance(self.heard_s)  # what came before it is not waiting any more
                x, y = self.motion.at
                self.say(f"<{self.state}|MPos:{x:.3f},{y:.3f},0.000|FS:0,0>")
            elif byte == ord("!"):
                self.motion.hold()
            elif byte == ord("~"):
                self.motion.resume()
            elif byte < 0x80 and len(self.rx) < self.ROOM:
                self.rx.append(byte)
            elif byte < 0x80:
                self.lost_bytes += 1

    def advance(self, now: float) -> None:
        self.motion.advance(now)
        while now >= self._until and not (self.motion.holding or self.deaf):
            if self.line is None:
                end = self.rx.find(b"\n")
                if end < 0:
                    return
                self.line = self.rx[:end].decode("latin-1").strip().upper()
                del self.rx[: end + 1]
            if (answer := self._execute(self.line, now)) is None:
                return
            self.line = None
            self.say(answer)

    def _execute(self, line: str, now: float) -> str | None:
        """Return the answer to a line, or None while it has to wait."""
        if line.startswith("$"):
            return self._command(line)
        if self.alarm:
            return "error:9"
        text = "".join(line.split("(")[0].split(";")[0].split())
        words = re.findall(r"([A-Z])([-+]?\d*\.?\d+)", text)
        if "".join(letter + number for letter, number in words) != text:
            return "error:2"
        values = {letter: float(number) for letter, number in words}
        codes = [f"{letter}{float(number):g}" for letter, number in words if letter in "GM"]
        full = len(self.motion.blocks) >= self.motion.depth and {"X", "Y"} & values.keys()
        if full or (self.motion.blocks and {"G4", "M3", "M5", "M0", "M2"}.intersection(codes)):
            return None
        for code in codes:
            if code in ("G0", "G1", "G2", "G3"):
                self.mode = code
            elif code in ("M3", "M5"):
                self.carriage.pen(code == "M3" and values.get("S", 0.0) > 0, now)
            elif code in self.systems and code != "G92":
                self.system = code
            elif code == "G4":
                self._dwells = not self._dwells
                self._until = now + values.get("P", 0.0) * self._dwells
                self.dwelt_s += values.get("P", 0.0) * self._dwells
                return None if self._dwells else "ok"
            elif code not in _MODES:
                return "error:20"
        self.words |= {key: values[key] for key in self.words.keys() & values.keys()}
        return self._move(values)

    def _move(self, values: dict[str, float]) -> str:
        """Plan the move of a line's words; return its answer."""
        shifts = self.systems[self.system], self.systems["G92"]
        to = list(self.motion.target)
        for axis, letter in enumerate("XY"):
            if letter in values:
                to[axis] = values[letter] + sum(shift[axis] for shift in shifts)
        if self.mode != "G0" and self.words["F"] <= 0:
            return "error:22"
        fastest = self.settings[110] / 60
        self.motion.add((to[0], to[1]), fastest if self.mode == "G0" else self.words["F"] / 60)
        return "ok"

    def _command(self, line: str) -> str:
        match line:
            case "$X":
                self.alarm = 0
            case "$I":
                self.say("[VER:1.1h.20190825:simulator]\r\n[OPT:V,15,128]")
            case "$G":
                tool, feed = self.words["T"], self.words["F"]
                self.say(
                    f"[GC:{self.mode} {self.system} G17 G21 G90 G94 M5 M9 T{tool:g} F{feed:g}]"
                )
            case "$#":
                for name, (x, y) in self.systems.items():
                    self.say(f"[{name}:{x:.3f},{y:.3f},0.000]")
            case "$$":
                for number, value in self.settings.items():
                    self.say(f"${number}={value:g}")
            case _:
                return "error:5" if line == "$H" else "error:3"
        return "ok"


class Simulator(GrblEmulator):
    """A machine that outlives its process: where the carriage stands is kept beside `link`."""

    def __init__(self, link: Path, scale: float) -> None:
        self.memory = link.with_suffix(".carriage")
        carriage = Carriage()
        with contextlib.suppress(OSError, ValueError):
            x, y, carriage.down = orjson.loads(self.memory.read_bytes())
            carriage.at = (x, y)
        self._heard_s = self._saved_s = time.monotonic()
        super().__init__(link, carriage, scale=scale)

    def receive(self, data: bytes) -> None:
        if data:
            self._heard_s = time.monotonic()
        super().receive(data)

    def advance(self, now: float) -> None:
        super().advance(now)
        if time.monotonic() - self._saved_s > _SAVE_S:
            self.save()
        if time.monotonic() - self._heard_s > _IDLE_S:
            self._stop.set()

    def save(self) -> None:
        """Write down where the carriage is."""
        self._saved_s = time.monotonic()
        self.memory.write_bytes(orjson.dumps([*self.carriage.at, self.carriage.down]))

    def end(self, *_: object) -> None:
        """Lose the power."""
        self.save()
        os._exit(0)


if __name__ == "__main__":
    simulator = Simulator(Path(sys.argv[1]), float(sys.argv[2]))
    signal.signal(signal.SIGTERM, simulator.end)
    simulator.serve()
