"""Machines on pseudo-terminals that forgive nothing: GRBL, EBB, Marlin, HP 7475A; each knows its pen path.

Facts are those of the makers' manuals and sources.
"""

import math
import re
import threading
from collections import deque
from dataclasses import dataclass
from functools import reduce
from types import SimpleNamespace

from drawscape.plotter import simulator
from drawscape.plotter.simulator import Carriage, Emulator, Motion, Point

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


class Planner(Motion):
    """Moves with acceleration and corner speeds, as firmware plans them.

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
        super().__init__(carriage, depth)
        self.per_axis, self.acceleration, self.deviation = per_axis, acceleration, deviation
        self.blocks: deque[Block] = deque()
        self.speed = 0.0
        self.moving_s = 0.0
        self.starved = 0  # moves that came late, while the pen was down
        self._strokes = 0
        self._done = 0.0  # mm of the first block

    @property
    def full(self) -> bool:
        return len(self.blocks) >= self.depth

    @property
    def target(self) -> Point:
        return self.blocks[-1].end if self.blocks else self.at

    def _limited(self, ways: Point) -> tuple[float, float]:
        """Return the highest speed and acceleration in a direction."""
        if self.per_axis is None:
            return math.inf, self.acceleration
        share = max(abs(ways[0]), abs(ways[1])) / math.hypot(*ways)
        return self.per_axis / share, self.acceleration / share

    def add(self, end: Point, speed: float) -> None:
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

    def hold(self) -> None:
        self.holding = True
        self.held = not self.blocks or self.speed == 0.0

    def drop(self) -> None:
        super().drop()
        self._done, self.speed = 0.0, 0.0


class Served(Emulator):
    """An emulator that a test serves in a thread."""

    def start(self):
        self._thread = threading.Thread(target=self.serve, daemon=True)
        self._thread.start()
        return self

    def close(self):
        """Pull plug and cable at once: nothing moves any more, and the port is gone."""
        self._stop.set()
        if self._thread is not threading.current_thread():
            self._thread.join()
        self.unplug()

    def send(self, data: bytes):
        """Send bytes as they are."""
        self._out += data


class GrblEmulator(Served, simulator.GrblEmulator):
    """GRBL with its planner; setting 20 is for soft limits, 32 for a laser, where the pen stays up."""

    def __init__(self, link, carriage=None, *, scale=1.0, **settings):
        usual = {"s20": 0, "s120": 250, "s121": 250, "s130": 300, "s131": 300}
        super().__init__(link, carriage, scale=scale, **{**usual, **settings})

    def planner(self):
        return Planner(
            self.carriage,
            depth=15,
            acceleration=self.settings[120],
            deviation=self.settings[11],
            per_axis=self.settings[110] / 60,
        )

    def _move(self, values):
        far = {"X": self.settings[130], "Y": self.settings[131]}
        if self.settings[20] and any(not -0.01 <= values.get(k, 0) <= far[k] + 0.01 for k in far):
            self.ring(2)
            return "ok"
        return super()._move(values)


class EbbEmulator(Served):
    """An EiBotBoard: one move runs, one waits, a third blocks the parser and all that comes behind it."""

    STEPS_MM = 80.0

    def __init__(
        self, link, carriage=None, *, scale=1.0, version=(2, 8, 1), future=False, power=300
    ):
        super().__init__(link, carriage, scale=scale)
        self.version, self.future, self.power = version, future, power
        self.fifo: deque = deque()
        self.motion = SimpleNamespace(moving_s=0.0)
        self.running = None
        self.rx = bytearray()
        self.line = None
        self.steps = [0, 0]
        self.label = 0
        self.enabled = False
        self.pressed = False
        self.errors: list[str] = []
        self._origin = self.carriage.at
        self._now = 0.0

    @property
    def busy(self):
        return bool(self.running or self.fifo or self.rx or self.line or self._out)

    def receive(self, data):
        self.rx += data

    def reply(self, name, values="", ok=True):
        """Answer in the syntax that is set."""
        if self.future:
            self.send(f"{name}{',' if values else ''}{values}\n".encode())
            return
        if values:
            self.send(f"{values}\n\r".encode() if ok else f"{values}\r\n".encode())
        if ok:
            self.send(b"OK\r\n")

    def advance(self, now):
        while True:
            self._run(now)
            if self.line is None:
                end = self.rx.find(b"\r")
                if end < 0:
                    break
                self.line = self.rx[:end].decode("latin-1").strip()
                del self.rx[: end + 1]
            if not self._execute(self.line):
                break
            self.line = None

    def _run(self, now):
        while self.running or self.fifo:
            if self.running is None:
                kind, seconds, *rest = self.fifo.popleft()
                begin = max(self._now, now - 0.05 * self.scale) if not self._chained else self._now
                self.running = (kind, begin, seconds, rest, tuple(self.steps))
                if kind == "SP":
                    self.carriage.pen(rest[0] == 0, begin)
            kind, begin, seconds, rest, start = self.running
            share = 1.0 if seconds <= 0 else min(1.0, (now - begin) / seconds)
            if kind == "SM":
                self._to(
                    start[0] + rest[0] * share,
                    start[1] + rest[1] * share,
                    min(now, begin + seconds),
                )
            if share < 1.0:
                return
            self._now, self.running, self._chained = begin + seconds, None, True
            self.motion.moving_s += seconds
        self._now, self._chained = now, False

    _chained = False

    def _to(self, a, b, now):
        self.steps = [round(a), round(b)]
        x = (self.steps[0] + self.steps[1]) / 2 / self.STEPS_MM
        y = (self.steps[0] - self.steps[1]) / 2 / self.STEPS_MM
        self.carriage.move((self._origin[0] + x, self._origin[1] + y), now)

    def _execute(self, line):
        """Return whether the command is done with; False leaves it in the parser."""
        name, *fields = line.split(",")
        name = name.upper()
        if not name:
            return True
        if name in ("SM", "SP") and len(self.fifo) >= 1:
            return False
        numbers = [int(f) for f in fields]
        match name:
            case "SM":
                duration, a, b = numbers
                if not duration or max(abs(a), abs(b)) / duration > 25:
                    self.errors.append(line)
                    self.send(b"!0 Err: <axis1> step rate too high\r\n")
                    return True
                self.enabled = True
                self.fifo.append(("SM", duration / 1000, a, b))
                self.reply("SM")
            case "SP":
                self.fifo.append(("SP", (numbers[1] if len(numbers) > 1 else 0) / 1000, numbers[0]))
                self.reply("SP")
            case "EM":
                self.steps, self._origin = [0, 0], self.carriage.at
                self.enabled = numbers[0] != 0
                self.reply("EM")
            case "ES":
                self.fifo.clear()
                if self.running and self.running[0] == "SM":
                    self.running = None
                self.reply("ES", "0" if self.version >= (3, 0, 0) else "1,0,0,0,0")
            case "QS":
                self.reply("QS", f"{self.steps[0]},{self.steps[1]}")
            case "QM":
                moving = int(bool(self.running or self.fifo))
                self.reply(
                    "QM",
                    f"QM,{moving},{moving},{moving},{len(self.fifo)}"[3 * self.future :],
                    False,
                )
            case "QL":
                self.reply("QL", str(self.label))
            case "SL":
                self.label = numbers[0]
                self.reply("SL")
            case "QB":
                self.reply("QB", str(int(self.pressed)))
                self.pressed = False
            case "QC":
                self.reply("QC", f"0394,{self.power:04}")
            case "V":
                version = ".".join(map(str, self.version))
                self.reply("V", f"EBBv13_and_above EB Firmware Version {version}", False)
            case "CU" if numbers[0] == 10 and self.version >= (3, 0, 0):
                self.future = numbers[1] == 1
                self.reply("CU")
            case "CU" | "SC":
                self.reply(name)
            case _:
                self.send(f"!8 Err: Unknown command '{line}'\r\n".encode())
        return True


class MarlinEmulator(Served):
    """Marlin 2: a queue of four lines, 128 bytes that receive, checksums, resends, pens that act at once."""

    def __init__(self, link, carriage=None, *, scale=1.0, homes=True, ok_after_resend=True):
        super().__init__(link, carriage, scale=scale)
        self.ok_after_resend = ok_after_resend
        self.motion = Planner(self.carriage, depth=16, acceleration=500.0, deviation=0.013)
        self.rx = bytearray()
        self.queue: deque[str] = deque()
        self.last_n = 0
        self.resent = 0
        self._until = 0.0
        self._busy_at = 0.0
        self.feed = 3000.0
        self.say("start")
        self.say("echo:Marlin 2.1.2")

    @property
    def busy(self):
        return bool(self.motion.blocks or self.rx or self.queue or self._out)

    def receive(self, data):
        for byte in data:
            if len(self.rx) < 128:
                self.rx.append(byte)
            else:
                self.lost_bytes += 1

    def _refuse(self, why):
        self.rx.clear()
        self.resent += 1
        self.say(f"Error:{why}, Last Line: {self.last_n}")
        self.say(f"Resend: {self.last_n + 1}")
        if self.ok_after_resend:
            self.say("ok")

    def _read_lines(self):
        while len(self.queue) < 4:
            end = self.rx.find(b"\n")
            if end < 0:
                return
            line = self.rx[:end].decode("latin-1").strip()
            del self.rx[: end + 1]
            if not line:
                continue
            numbered = re.match(r"N(\d+)\s*", line)
            if numbered:
                body, star, sum_ = line.rpartition("*")
                if not star:
                    self._refuse("No Checksum with line number")
                    continue
                if reduce(lambda a, b: a ^ b, body.encode("latin-1"), 0) != int(sum_ or -1):
                    self._refuse("checksum mismatch")
                    continue
                number = int(numbered[1])
                if number != self.last_n + 1 and "M110" not in line:
                    self._refuse("Line Number is not Last Line Number+1")
                    continue
                self.last_n = number
                line = body[numbered.end() :]
            self.queue.append(line)

    def advance(self, now):
        self.motion.advance(now)
        while True:
            self._read_lines()
            if not self.queue or now < self._until:
                break
            if not self._execute(self.queue[0], now):
                break
            self.queue.popleft()
            self.say("ok")
        if self.queue and now - self._busy_at > 2.0:
            self._busy_at = now
            self.say("echo:busy: processing")

    def _execute(self, line, now):
        self_motion = self.motion
        code, *words = line.split()
        values = {word[0]: float(word[1:]) for word in words if word[0].isalpha() and word[1:]}
        match code:
            case "G0" | "G1":
                if self_motion.full:
                    return False
                if code == "G1":
                    self.feed = values.get("F", self.feed)
                at = self_motion.target
                speed = 100.0 if code == "G0" else self.feed / 60
                self_motion.add((values.get("X", at[0]), values.get("Y", at[1])), speed)
            case "M400" | "G4":
                if self_motion.blocks:
                    return False
                self._until = now + values.get("P", 0.0) / 1000
                self.dwelt_s += values.get("P", 0.0) / 1000
            case "M280":
                self.carriage.pen(values["S"] < 45, now)
            case "G28":
                if self_motion.blocks:
                    return False
                self.carriage.move((0.0, 0.0), now)
                self_motion.at = self_motion.origin = (0.0, 0.0)
            case "G92":
                if self_motion.blocks:
                    return False
                self_motion.origin = self.carriage.at
                self_motion.at = (0.0, 0.0)
            case "M114":
                x, y = self_motion.target
                self.say(
                    f"X:{x:.2f} Y:{y:.2f} Z:0.00 E:0.00 Count X:{x * 80:.0f} Y:{y * 80:.0f} Z:0"
                )
            case "M115":
                self.say("FIRMWARE_NAME:Marlin 2.1.2 (emulated) PROTOCOL_VERSION:1.0")
            case "M110" | "M105" | "G21" | "G90" | "M84":
                pass
            case _:
                self.say(f'echo:Unknown command: "{line}"')
        return True


class HpEmulator(Served):
    """An HP 7475A at 9600 baud: 1024 bytes of buffer that lose what is too much, and a carousel."""

    baudrate = 9600
    BUFFER = 1024
    UNIT = 0.02488

    def __init__(self, link, carriage=None, *, scale=1.0):
        super().__init__(link, carriage, scale=scale)
        self.motion = Planner(
            self.carriage, depth=2, acceleration=19600.0, deviation=0.0, per_axis=381.0
        )
        self.motion.at = self.motion.origin = (0.0, 0.0)
        self.rx = bytearray()
        self.pens: list[int] = []
        self.received = 0
        self.speed = 381.0
        self._until = 0.0
        self._escape = b""
        self.selected = 0
        self.errors: list[str] = []

    @property
    def busy(self):
        return bool(self.motion.blocks or self.rx or self._out)

    def receive(self, data):
        self.received += len(data)
        for byte in data:
            if self._escape or byte == 0x1B:
                self._escape += bytes([byte])
                if len(self._escape) == 3:
                    self._control(self._escape)
                    self._escape = b""
            elif len(self.rx) < self.BUFFER:
                self.rx.append(byte)
            else:
                self.lost_bytes += 1

    def _control(self, escape):
        match escape:
            case b"\x1b.B":
                self.send(f"{self.BUFFER - len(self.rx)}\r".encode())
            case b"\x1b.K":
                self.rx.clear()
            case b"\x1b.E":
                self.send(b"0\r")

    def advance(self, now):
        self.motion.advance(now)
        while now >= self._until:
            end = self.rx.find(b";")
            if end < 0:
                break
            if not self._execute(self.rx[:end].decode("latin-1").strip(), now):
                break
            del self.rx[: end + 1]

    def _execute(self, text, now):
        code, numbers = text[:2], [int(n) for n in re.findall(r"-?\d+", text[2:])]
        same = code == ("PD" if self.carriage.down else "PU")
        if self.motion.full or (self.motion.blocks and not same):
            return False
        match code:
            case "PU" | "PD":
                down = code == "PD"
                if down != self.carriage.down:
                    self.carriage.pen(down, now)
                    self._until = now + 0.05
                    self.dwelt_s += 0.05
                    if numbers:
                        return False
                if len(numbers) >= 2:
                    speed = self.speed if down else 381.0
                    self.motion.add((numbers[0] * self.UNIT, numbers[1] * self.UNIT), speed)
                    if len(numbers) > 2:
                        rest = ",".join(map(str, numbers[2:]))
                        end = self.rx.find(b";")
                        self.rx[:end] = f"{code}{rest}".encode()
                        return False
            case "SP":
                self.carriage.pen(False, now)
                self.selected = numbers[0] if numbers else 0
                self.pens.append(self.selected)
                self._until = now + 1.0
            case "OI":
                self.send(b"7475A\r")
            case "OA":
                x, y = self.motion.at
                self.send(
                    f"{round(x / self.UNIT)},{round(y / self.UNIT)},{int(self.carriage.down)}\r".encode()
                )
            case "IN":
                self.carriage.pen(False, now)
            case "VS":
                self.speed = 10.0 * numbers[0] if numbers else 381.0
            case "DF" | "PS" | "":
                pass
            case _:
                self.errors.append(text)
        return True
