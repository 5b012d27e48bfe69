"""A plotter without hardware: GRBL 1.1 on a pseudo-terminal, with its buffers, its planner and its faults.

`python -m drawscape.plotter.simulator LINK` serves one at the path LINK. Pull its plug by ending the process:
the carriage stays where it is, and the next simulator at LINK begins there, as a real machine does.
"""

import contextlib
import math
import os
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


@dataclass
class Block:
    """A move of the planner; the speeds in mm/s, `entry` as planned now."""

    start: Point
    end: Point
    speed: float
    length: float
    junction: float
    entry: float = 0.0


@dataclass
class Carriage:
    """Where the pen truly is, and all that it has drawn: strokes with the time of each point."""

    at: Point = (0.0, 0.0)
    down: bool = False
    strokes: list[list[Point]] = field(default_factory=list)
    times: list[list[float]] = field(default_factory=list)
    rests: list[float] = field(default_factory=list)
    moved_s: float = 0.0

    def pen(self, down: bool, now: float) -> None:
        """Move the pen; lowering it begins a stroke."""
        if self.down and not down:
            self.rests.append(now - self.moved_s)
        if down and not self.down:
            self.strokes.append([self.at])
            self.times.append([now])
        self.down, self.moved_s = down, now

    def move(self, to: Point, now: float) -> None:
        """Move the pen in a straight line."""
        if self.down and to != self.at:
            self.rests.append(0.0)
            self.strokes[-1].append(to)
            self.times[-1].append(now)
        self.at, self.moved_s = to, now


class Motion:
    """A planner of blocks with acceleration and corner speeds, run in time."""

    def __init__(self, carriage: Carriage, *, depth: int, acceleration: float, deviation: float):
        self.carriage, self.depth = carriage, depth
        self.acceleration, self.deviation = acceleration, deviation
        self.blocks: deque[Block] = deque()
        self.at: Point = (0.0, 0.0)  # as the firmware counts
        self.origin: Point = carriage.at  # where its zero truly is
        self.speed = 0.0
        self.held = self.holding = False
        self.starved = 0
        self._begun = 0.0
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

    def add(self, end: Point, speed: float) -> None:
        """Plan a move from the last target; one of no length is none."""
        start = self.target
        length = math.dist(start, end)
        if length < 1e-6:
            return
        junction = 0.0
        if self.blocks:
            last = self.blocks[-1]
            dot = sum(
                (b - a) * (d - c)
                for a, b, c, d in zip(last.start, last.end, start, end, strict=True)
            ) / (last.length * length)
            half = math.sqrt(max(0.0, (1 + min(1.0, dot)) / 2))
            corner = (
                math.inf
                if half > 0.999999
                else math.sqrt(self.acceleration * self.deviation * half / (1 - half))
            )
            junction = min(corner, speed, last.speed)
        elif self.carriage.down and self.speed == 0.0 and self.starving:
            self.starved += 1
        self.blocks.append(Block(start, end, speed, length, junction))
        after = 0.0
        for block in reversed(self.blocks):
            block.entry = min(
                block.junction, math.sqrt(after**2 + 2 * self.acceleration * block.length)
            )
            after = block.entry

    starving = False

    def advance(self, now: float) -> None:
        """Let the time pass until `now`."""
        left, self._now = now - self._now, now
        while left > 1e-9 and self.blocks and not self.held:
            left = self._step(left, now)

    def _step(self, left: float, now: float) -> float:
        """Move along the first block; return the time that is over when it ends before."""
        block, a = self.blocks[0], self.acceleration
        rest = block.length - self._done
        leaves = 0.0 if self.holding or len(self.blocks) < 2 else self.blocks[1].entry
        top = block.speed
        # Small steps in time; within one the speed is constant, and the last one ends at the block's end.
        slice_s = min(left, 0.002 + 0.02 * self.speed / a)
        want = 0.0 if self.holding else min(top, math.sqrt(leaves**2 + 2 * a * rest))
        speed = min(self.speed + a * slice_s, want)
        speed = max(speed, self.speed - a * slice_s, 0.0 if self.holding else min(1.0, top))
        way = (self.speed + speed) / 2 * slice_s
        if self.holding and speed <= 0.0:
            self.held = True
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
        place = (self.origin[0] + self.at[0], self.origin[1] + self.at[1])
        if way >= rest or self.held or slice_s >= left:
            self.carriage.move(place, now)
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
    """GRBL 1.1: 128 bytes of receive buffer that drops what is too much, and 15 blocks of planner."""

    RX = 127

    def __init__(
        self,
        link: Path,
        carriage: Carriage | None = None,
        *,
        scale: float = 1.0,
        reach: Point = (300.0, 300.0),
        soft_limits: bool = False,
        rapid: float = 83.3,
        acceleration: float = 250.0,
    ) -> None:
        super().__init__(link, carriage, scale=scale)
        self.reach, self.soft_limits, self.rapid = reach, soft_limits, rapid
        self.motion = Motion(self.carriage, depth=15, acceleration=acceleration, deviation=0.01)
        self._boot(power=True)

    def _boot(self, *, power: bool) -> None:
        self.rx = bytearray()
        self.line: str | None = None
        self.alarm = 0
        self.tool = 0
        self.feed = 0.0
        self.mode = "G0"
        self.offset: Point = (0.0, 0.0)
        self._until = 0.0
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

    def receive(self, data: bytes) -> None:
        for byte in data:
            match byte:
                case 0x3F:  # ?
                    x, y = self.motion.at
                    room = f"Bf:{15 - len(self.motion.blocks)},{self.RX - len(self.rx)}"
                    self.say(f"<{self.state}|MPos:{x:.3f},{y:.3f},{self.z:.3f}|{room}|FS:0,0>")
                case 0x21:  # !
                    self.motion.holding = True
                    self.motion.held = not self.motion.blocks or self.motion.speed == 0.0
                case 0x7E:  # ~
                    self.motion.resume()
                case 0x18:
                    moving = self.motion.blocks and not self.motion.held
                    self._boot(power=False)
                    if moving:
                        self.alarm = 3
                        self.say("ALARM:3")
                case 0x9E if self.motion.held:
                    self.carriage.pen(False, self.now)
                case _ if byte >= 0x80:
                    pass
                case _ if len(self.rx) >= self.RX:
                    self.lost_bytes += 1
                case _:
                    self.rx.append(byte)

    def advance(self, now: float) -> None:
        self.motion.advance(now)
        while now >= self._until and not self.motion.holding:
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
        words: list[tuple[str, float]] = []
        at = 0
        while at < len(text):
            stop = at + 1
            while stop < len(text) and text[stop] in "+-.0123456789":
                stop += 1
            try:
                words.append((text[at], float(text[at + 1 : stop])))
            except ValueError:
                return "error:1" if not text[at].isalpha() else "error:2"
            at = stop
        values = dict(words)
        codes = [f"{letter}{number:g}" for letter, number in words if letter in "GM"]
        if any(c in ("G4", "M3", "M4", "M5", "M0", "M2") for c in codes) and self.motion.blocks:
            return None
        if self.motion.full and ("X" in values or "Y" in values or "Z" in values):
            return None
        return self._obey(codes, values, now)

    def _obey(self, codes: list[str], values: dict[str, float], now: float) -> str:
        for code in codes:
            if code in ("G0", "G1", "G2", "G3"):
                self.mode = code
            elif code in ("M3", "M5"):
                self.carriage.pen(code == "M3" and values.get("S", 0.0) > 0, now)
            elif code == "G4":
                self._until = now + values.get("P", 0.0)
                return "ok"
            elif code == "G92":
                at = self.motion.target
                self.offset = (at[0] - values.get("X", 0.0), at[1] - values.get("Y", 0.0))
                return "ok"
            elif code not in ("G21", "G90", "G94", "G17", "G54", "M2", "M0", "G40", "G49", "G80"):
                return "error:20"
        self.feed = values.get("F", self.feed)
        self.tool = int(values.get("T", self.tool))
        if "Z" in values:
            self.z = values["Z"]
        if "X" not in values and "Y" not in values:
            return "ok"
        old = self.motion.target
        to = (
            values["X"] + self.offset[0] if "X" in values else old[0],
            values["Y"] + self.offset[1] if "Y" in values else old[1],
        )
        if self.soft_limits and not all(
            -0.01 <= v <= limit + 0.01 for v, limit in zip(to, self.reach, strict=True)
        ):
            self.motion.drop()
            self.alarm = 2
            self.say("ALARM:2")
            return "error:15"
        if self.mode == "G0":
            self.motion.add(to, self.rapid)
        elif self.feed <= 0:
            return "error:22"
        else:
            self.motion.add(to, min(self.feed / 60, 200.0))
        return "ok"

    def _system(self, line: str) -> str | None:
        match line:
            case "$X":
                self.alarm = 0
            case "$H":
                return "error:5"
            case "$I":
                self.say("[VER:1.1h.20190825:simulator]")
                self.say("[OPT:V,15,128]")
            case "$G":
                self.say(
                    f"[GC:{self.mode} G54 G17 G21 G90 G94 M5 M9 T{self.tool} F{self.feed:g} S0]"
                )
            case "$#":
                self.say("[G54:0.000,0.000,0.000]")
                self.say(f"[G92:{self.offset[0]:.3f},{self.offset[1]:.3f},0.000]")
            case "$$":
                for setting in ("$13=0", "$22=0", "$32=0"):
                    self.say(setting)
            case _:
                return "error:3"
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
