"""A plotter without hardware: GRBL 1.1 on a pseudo-terminal, with its buffers, its planner and its faults.

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
_IDLE_S = 900.0
_LEAST_MM_S = 0.3


@dataclass
class Block:
    """A move of the planner; speeds in mm/s, `entry` as planned now."""

    start: Point
    end: Point
    length: float
    speed: float
    acceleration: float
    junction: float
    entry: float = 0.0


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
    """A planner of blocks with acceleration and corner speeds, run in time.

    With `per_axis`, speeds in mm/s, neither axis is faster than that, nor accelerated more.
    """

    def __init__(
        self,
        carriage: Carriage,
        *,
        depth: int,
        acceleration: float,
        deviation: float,
        per_axis: float | None = None,
    ) -> None:
        self.carriage, self.depth, self.per_axis = carriage, depth, per_axis
        self.acceleration, self.deviation = acceleration, deviation
        self.blocks: deque[Block] = deque()
        self.at: Point = (0.0, 0.0)  # as the firmware counts
        self.origin: Point = carriage.at  # where its zero truly is
        self.speed = 0.0
        self.held = self.holding = False
        self.moving_s = 0.0
        self.starved = 0  # moves that came late, while the pen was down
        self._strokes = 0
        self._done = 0.0  # mm of the first block
        self._now = 0.0

    @property
    def full(self) -> bool:
        """Whether no further block fits."""
        return len(self.blocks) >= self.depth

    @property
    def target(self) -> Point:
        """Where the last block ends."""
        return self.blocks[-1].end if self.blocks else self.at

    def _limited(self, ways: Point) -> tuple[float, float]:
        """Return the highest speed and acceleration in a direction."""
        if self.per_axis is None:
            return math.inf, self.acceleration
        share = max(abs(ways[0]), abs(ways[1])) / math.hypot(*ways)
        return self.per_axis / share, self.acceleration / share

    def add(self, end: Point, speed: float) -> None:
        """Plan a move from the last target; one of no length is none."""
        start = self.target
        length = math.dist(start, end)
        if length < 1e-6:
            return
        way = (end[0] - start[0]) / length, (end[1] - start[1]) / length
        top, acceleration = self._limited(way)
        speed, junction = min(speed, top), 0.0
        if self.blocks:
            last = self.blocks[-1]
            before = (
                (last.end[0] - last.start[0]) / last.length,
                (last.end[1] - last.start[1]) / last.length,
            )
            turn = way[0] - before[0], way[1] - before[1]
            half = math.sqrt(max(0.0, 1 - (turn[0] ** 2 + turn[1] ** 2) / 4))
            junction = min(speed, last.speed)
            if half < 0.999999:
                bend = self._limited(turn)[1] * self.deviation * half / (1 - half)
                junction = min(junction, math.sqrt(bend))
        elif self.carriage.down:
            self.starved += self._strokes == len(self.carriage.strokes)
        self._strokes = len(self.carriage.strokes) if self.carriage.down else 0
        self.blocks.append(Block(start, end, length, speed, acceleration, junction))
        after = 0.0
        for block in reversed(self.blocks):
            reachable = math.sqrt(after**2 + 2 * block.acceleration * block.length)
            after = block.entry = min(block.junction, reachable)

    def advance(self, now: float) -> None:
        """Let the time pass until `now`."""
        left, self._now = now - self._now, now
        while left > 1e-9 and self.blocks and not self.held:
            left = self._step(left, now)

    def _step(self, left: float, now: float) -> float:
        """Move along the first block; return the time that is over when it ends before."""
        block = self.blocks[0]
        a, top = block.acceleration, block.speed
        rest = block.length - self._done
        leaves = 0.0 if self.holding or len(self.blocks) < 2 else self.blocks[1].entry
        # Small steps in time; within one the speed is constant, and the last one ends at the block's end.
        slice_s = min(left, (0.01 * min(top, 100.0) + 0.02 * self.speed) / a)
        # The speed from which it can still slow down to `leaves` behind this slice.
        change = a * slice_s
        under = change**2 + 4 * (leaves**2 + 2 * a * rest - change * self.speed)
        safe = (math.sqrt(max(0.0, under)) - change) / 2
        speed = min(self.speed + change, 0.0 if self.holding else min(top, safe))
        speed = max(speed, self.speed - change, 0.0 if self.holding else min(_LEAST_MM_S, top))
        way = (self.speed + speed) / 2 * slice_s
        self.held = self.holding and speed <= 0.0
        if way >= rest:
            slice_s *= rest / way if way else 1.0
            self.blocks.popleft()
            self._done, self.at = 0.0, block.end
            self.speed = min(speed, leaves) if self.blocks else 0.0
        else:
            self._done += way
            share = self._done / block.length
            self.at = (
                block.start[0] + (block.end[0] - block.start[0]) * share,
                block.start[1] + (block.end[1] - block.start[1]) * share,
            )
            self.speed = 0.0 if self.held else speed
        self.moving_s += slice_s
        if way >= rest or self.held or slice_s >= left:
            self.carriage.move((self.origin[0] + self.at[0], self.origin[1] + self.at[1]), now)
        return left - slice_s

    def resume(self) -> None:
        """Go on after a hold."""
        self.held = self.holding = False

    def drop(self) -> None:
        """Forget all blocks, as a reset does; the place stays."""
        self.blocks.clear()
        self._done, self.speed = 0.0, 0.0
        self.held = self.holding = False


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
        self._out = bytearray()
        self._begun = time.monotonic()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
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

    def start(self) -> "Emulator":
        """Serve in a thread."""
        self._thread = threading.Thread(target=self.serve, daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Pull plug and cable at once: nothing moves any more, and the port is gone."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self.unplug()

    def serve(self) -> None:
        """Answer until `close`."""
        last = self.now
        allowance = 0.0
        heard = time.monotonic()
        while not self._stop.is_set():
            busy, master = self.busy, self.master
            with contextlib.suppress(OSError, ValueError):
                select.select([master] if master else [], [], [], _TICK_S if busy else 0.02)
            now = self.now
            allowance = min(allowance + (now - last) * self.baudrate / 10, 4096.0)
            last = now
            data = b""
            with contextlib.suppress(BlockingIOError, OSError):
                data = os.read(master, max(1, int(allowance))) if master else b""
            if data:
                allowance -= len(data)
                heard = time.monotonic()
                if not self.muted:
                    self.receive(data)
            while self.faults:
                self.faults.popleft()(self)
            if not self.muted:
                self.advance(now)
            self._flush()
            if not busy and time.monotonic() - heard > _IDLE_S:
                return

    def _flush(self) -> None:
        if self.master is None or self.muted:
            self._out.clear()
        elif self._out:
            with contextlib.suppress(BlockingIOError, OSError):
                sent = os.write(self.master, bytes(self._out))
                del self._out[:sent]

    def say(self, text: str) -> None:
        """Send one line."""
        self._out += text.encode("latin-1") + b"\r\n"

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._out += data

    busy = True

    def receive(self, data: bytes) -> None:
        """Take what arrived."""

    def advance(self, now: float) -> None:
        """Let the machine work until `now`."""


class GrblEmulator(Emulator):
    """GRBL 1.1: 128 bytes of receive buffer that drops what is too much, and 15 blocks of planner.

    `settings` are those of `$$`; 20 is for soft limits, 32 for a laser, where lowering the pen fails.
    """

    ROOM = 127

    def __init__(
        self, link: Path, carriage: Carriage | None = None, *, scale: float = 1.0, **settings: float
    ) -> None:
        super().__init__(link, carriage, scale=scale)
        usual = {
            10: 1,
            11: 0.01,
            13: 0,
            20: 0,
            22: 0,
            32: 0,
            110: 5000,
            111: 5000,
            120: 250,
            121: 250,
        }
        self.settings = {
            **usual,
            130: 300,
            131: 300,
            **{int(k[1:]): v for k, v in settings.items()},
        }
        self.motion = Motion(
            self.carriage,
            depth=15,
            acceleration=self.settings[120],
            deviation=self.settings[11],
            per_axis=self.settings[110] / 60,
        )
        self._boot(power=True)

    def _boot(self, *, power: bool) -> None:
        self.rx = bytearray()
        self.line: str | None = None
        self.alarm, self.deaf = 0, False
        self.words = {"T": 0.0, "F": 0.0}
        self.mode = "G0"
        self.offset: Point = (0.0, 0.0)
        self._until, self._dwells = 0.0, False
        self.z = 0.0
        if power:
            self.motion.at, self.motion.origin = (0.0, 0.0), self.carriage.at
        self.motion.drop()
        self.say("")
        self.say("Grbl 1.1h ['$' for help]")

    @property
    def busy(self) -> bool:  # type: ignore[override]
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
                self._boot(power=False)
                if moving:
                    self.ring(3)
            elif self.deaf:
                continue
            elif byte == 0x3F:  # ?
                x, y = self.motion.at
                room = f"Bf:{15 - len(self.motion.blocks)},{self.ROOM - len(self.rx)}"
                self.say(f"<{self.state}|MPos:{x:.3f},{y:.3f},{self.z:.3f}|{room}|FS:0,0>")
            elif byte == 0x21:  # !
                self.motion.holding = True
                self.motion.held = not self.motion.blocks or self.motion.speed == 0.0
            elif byte == 0x7E:  # ~
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
            return self._system(line)
        if self.alarm:
            return "error:9"
        text = "".join(line.split("(")[0].split(";")[0].split())
        words = re.findall(r"([A-Z])([-+]?\d*\.?\d+)", text)
        if "".join(letter + number for letter, number in words) != text:
            return "error:2"
        values = {letter: float(number) for letter, number in words}
        codes = [f"{letter}{float(number):g}" for letter, number in words if letter in "GM"]
        if self.motion.blocks and {"G4", "M3", "M4", "M5", "M0", "M2"}.intersection(codes):
            return None
        if self.motion.full and {"X", "Y", "Z"} & values.keys():
            return None
        return self._obey(codes, values, now)

    def _obey(self, codes: list[str], values: dict[str, float], now: float) -> str | None:
        for code in codes:
            if code in ("G0", "G1", "G2", "G3"):
                self.mode = code
            elif code in ("M3", "M5"):
                self.carriage.pen(code == "M3" and values.get("S", 0.0) > 0, now)
            elif code == "G4":
                self._dwells = not self._dwells
                if not self._dwells:
                    return "ok"
                self._until = now + values.get("P", 0.0)
                self.dwelt_s += values.get("P", 0.0)
                return None
            elif code == "G92":
                at = self.motion.target
                self.offset = (at[0] - values.get("X", 0.0), at[1] - values.get("Y", 0.0))
                return "ok"
            elif code not in ("G21", "G90", "G94", "G17", "G54", "M2", "M0", "G40", "G49", "G80"):
                return "error:20"
        self.words.update({key: values[key] for key in self.words.keys() & values.keys()})
        self.z = values.get("Z", self.z)
        x, y = self.motion.target
        to = (
            values["X"] + self.offset[0] if "X" in values else x,
            values["Y"] + self.offset[1] if "Y" in values else y,
        )
        far = self.settings[130], self.settings[131]
        if self.settings[20] and not all(
            -0.01 <= v <= m + 0.01 for v, m in zip(to, far, strict=True)
        ):
            self.ring(2)
        elif self.mode != "G0" and self.words["F"] <= 0:
            return "error:22"
        else:
            self.motion.add(to, math.inf if self.mode == "G0" else self.words["F"] / 60)
        return "ok"

    def _system(self, line: str) -> str:
        match line:
            case "$X":
                self.alarm = 0
            case "$I":
                self.say("[VER:1.1h.20190825:simulator]")
                self.say("[OPT:V,15,128]")
            case "$G":
                tool, feed = self.words["T"], self.words["F"]
                self.say(f"[GC:{self.mode} G54 G17 G21 G90 G94 M5 M9 T{tool:g} F{feed:g} S0]")
            case "$#":
                self.say("[G54:0.000,0.000,0.000]")
                self.say(f"[G92:{self.offset[0]:.3f},{self.offset[1]:.3f},0.000]")
            case "$$":
                for number, value in self.settings.items():
                    self.say(f"${number}={value:g}")
            case _:
                return "error:5" if line == "$H" else "error:3"
        return "ok"


def main(link: str, scale: str = "1") -> None:
    """Serve a simulator at `link`; its carriage stands where the last one there was left."""
    path = Path(link)
    memory = path.with_suffix(".carriage")
    carriage = Carriage()
    with contextlib.suppress(OSError, ValueError):
        x, y, carriage.down = orjson.loads(memory.read_bytes())
        carriage.at = (x, y)
    emulator = GrblEmulator(path, carriage, scale=float(scale))

    def note(*_: object) -> None:
        memory.write_bytes(orjson.dumps([*carriage.at, carriage.down]))

    def end(*_: object) -> None:
        note()
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    threading.Thread(target=emulator.serve, daemon=True).start()
    while True:
        time.sleep(0.5)
        note()


if __name__ == "__main__":
    main(*sys.argv[1:])
