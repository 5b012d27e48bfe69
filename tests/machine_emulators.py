"""Machines on pseudo-terminals that forgive nothing: GRBL, EBB, Marlin, HP 7475A; each knows its pen path.

Facts are those of the makers' manuals and sources.
"""

import contextlib
import math
import os
import re
import select
import threading
import time
import tty
from collections import deque
from dataclasses import dataclass, field
from functools import reduce
from types import SimpleNamespace

from drawscape.plotter import simulator

Point = tuple[float, float]
TICK_S = 0.001
LEAST_MM_S = 0.3
ARC_TOLERANCE_MM = 0.002
SETTINGS = {10: 1, 11: 0.01, 13: 0, 20: 0, 22: 0, 32: 0, 110: 5000, 111: 5000, 120: 250, 121: 250}
SETTINGS |= {130: 300, 131: 300}
MODES = ("G17", "G21", "G40", "G49", "G80", "G90", "G94", "M0", "M2")


@dataclass
class Carriage:
    """Where the pen truly is, and all that it has drawn; `rest_s` is the longest that it rested down."""

    at: Point = (0.0, 0.0)
    down: bool = False
    strokes: list[list[Point]] = field(default_factory=list)
    rest_s: float = 0.0
    moved_s: float = 0.0

    def pen(self, down, now):
        """Move the pen; lowering it begins a stroke."""
        if self.down:
            self.rest_s = max(self.rest_s, now - self.moved_s)
        elif down:
            self.strokes.append([self.at])
        self.down, self.moved_s = down, now

    def move(self, to, now):
        """Move the pen in a straight line."""
        if self.down and to != self.at:
            self.rest_s = max(self.rest_s, now - self.moved_s)
            self.strokes[-1].append(to)
        self.at, self.moved_s = to, now


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


class Planner:
    """Moves with acceleration and corner speeds, as firmware plans them.

    With `per_axis`, speeds in mm/s, neither axis is faster than that, nor accelerated more.
    """

    def __init__(self, carriage, *, depth, acceleration, deviation, per_axis=None):
        self.carriage, self.depth = carriage, depth
        self.at = (0.0, 0.0)  # as the firmware counts
        self.origin = carriage.at  # where its zero truly is
        self.holding = self.held = False
        self._now = 0.0
        self.per_axis, self.acceleration, self.deviation = per_axis, acceleration, deviation
        self.blocks: deque[Block] = deque()
        self.chords: deque[Point] | None = None  # of an arc that is being planned
        self.arcs = {2: 0, 3: 0}
        self.speed = 0.0
        self.moving_s = 0.0
        self.starved = 0  # moves that came late, while the pen was down
        self._strokes = 0
        self._done = 0.0  # mm of the first block

    @property
    def full(self):
        return len(self.blocks) >= self.depth

    @property
    def target(self):
        return self.blocks[-1].end if self.blocks else self.at

    def _limited(self, ways):
        """Return the highest speed and acceleration in a direction."""
        if self.per_axis is None:
            return math.inf, self.acceleration
        share = max(abs(ways[0]), abs(ways[1])) / math.hypot(*ways)
        return self.per_axis / share, self.acceleration / share

    def add(self, end, speed):
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

    def bend(self, code, end, centre, speed, longest_mm):
        """Plan an arc, G2 or G3, in chords; True once all are planned: no line is read until then."""
        if self.chords is None:
            self.arcs[code] += 1
            self.chords = deque(_chords(self.target, end, centre, code == 3, longest_mm))
        self._feed(speed)
        if self.chords:
            return False
        self.chords = None
        return True

    def _feed(self, speed):
        while self.chords and not self.full:
            self.add(self.chords.popleft(), speed)

    def advance(self, now):
        left, self._now = now - self._now, now
        while left > 1e-9 and self.blocks and not self.held:
            speed = self.blocks[-1].speed
            left = self._step(left, now)
            self._feed(speed)

    def _step(self, left, now):
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
        speed = max(speed, self.speed - change, 0.0 if self.holding else min(LEAST_MM_S, top))
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

    def hold(self):
        self.holding = True
        self.held = not self.blocks or self.speed == 0.0

    def resume(self):
        self.held = self.holding = False

    def drop(self):
        """Forget all moves, as a reset does; the place stays."""
        self.blocks.clear()
        self.chords = None
        self._done, self.speed = 0.0, 0.0
        self.resume()


def _chords(start, end, centre, left, longest_mm):
    """Yield the ends of an arc's chords; an end at its start is a full circle."""
    radius = math.dist(start, centre)
    first, last = (math.atan2(y - centre[1], x - centre[0]) for x, y in (start, end))
    sweep = (last - first) % math.tau if left else -((first - last) % math.tau)
    if math.dist(start, end) < 1e-6:
        sweep = math.tau if left else -math.tau
    for index in range(1, count := max(1, math.ceil(abs(sweep) * radius / longest_mm))):
        at = first + sweep * index / count
        yield centre[0] + radius * math.cos(at), centre[1] + radius * math.sin(at)
    yield end


class Emulator:
    """A machine on a pseudo-terminal, `scale` times as fast as time; subclasses speak its language."""

    baudrate = 115200

    def __init__(self, link, carriage=None, *, scale=1.0):
        self.link, self.scale = link, scale
        self.carriage = carriage or Carriage()
        self.faults = deque()
        self.muted = False  # it hangs: hears nothing, says nothing, does not move
        self.lost_bytes = 0
        self.late_s = 0.0  # real seconds that this computer let it wait beyond a tick
        self.dwelt_s = 0.0
        self.heard_s = 0.0
        self.out = bytearray()
        self._begun = time.monotonic()
        self._stop = threading.Event()
        self.plug()

    def plug(self):
        """Make a port and let `link` name it."""
        master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(master, False)
        temporary = self.link.with_name(f".{self.link.name}.{os.getpid()}.{id(self):x}")
        temporary.symlink_to(os.ttyname(self._slave))
        temporary.replace(self.link)
        self.master = master

    def unplug(self):
        """Pull the cable: the port is gone, the machine goes on with what it has."""
        master, self.master = self.master, None
        self.link.unlink(missing_ok=True)
        if master is not None:
            os.close(self._slave)
            os.close(master)

    @property
    def now(self):
        """Seconds of the machine's time."""
        return (time.monotonic() - self._begun) * self.scale

    def serve(self):
        """Answer until it is stopped."""
        last, allowance = self.now, 0.0
        while not self._stop.is_set():
            master = self.master
            tick_s = TICK_S if self.busy else 0.02
            with contextlib.suppress(OSError, ValueError):
                select.select([master] if master else [], [], [], tick_s)
            now = self.now
            self.late_s += max(0.0, (now - last) / self.scale - tick_s)
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
                self.out.clear()
            elif self.out:
                with contextlib.suppress(OSError):
                    del self.out[: os.write(self.master, bytes(self.out))]

    def say(self, text):
        """Send one line."""
        self.out += text.encode("latin-1") + b"\r\n"

    def start(self):
        """Serve in a thread."""
        self._thread = threading.Thread(target=self.serve, daemon=True)
        self._thread.start()
        return self

    def close(self):
        """Pull plug and cable at once: nothing moves any more, and the port is gone."""
        self._stop.set()
        if self._thread is not threading.current_thread():
            self._thread.join()
        self.unplug()

    def send(self, data):
        """Send bytes as they are."""
        self.out += data


class GrblEmulator(Emulator):
    """GRBL 1.1: a receive buffer that drops what is too much, and 15 moves ahead.

    `settings` are those of `$$`; 20 is for soft limits, 32 for a laser.
    """

    ROOM = 127

    def __init__(self, link, carriage=None, *, scale=1.0, **settings):
        super().__init__(link, carriage, scale=scale)
        self.settings = {**SETTINGS, **{int(key[1:]): value for key, value in settings.items()}}
        self.systems = {"G54": (0.0, 0.0), "G92": (0.0, 0.0)}
        self.motion = Planner(
            self.carriage,
            depth=15,
            acceleration=self.settings[120],
            deviation=self.settings[11],
            per_axis=self.settings[110] / 60,
        )
        self._boot()

    def _boot(self):
        self.rx = bytearray()
        self.line = None
        self.alarm, self.deaf = 0, False
        self.words = {"T": 0.0, "F": 0.0}
        self.mode, self.system = "G0", "G54"
        self.systems["G92"] = (0.0, 0.0)
        self._until, self._dwells = 0.0, False
        self.motion.drop()
        self.say("\r\nGrbl 1.1h ['$' for help]")

    @property
    def busy(self):
        """Whether time matters now; a line without its end waits for ever."""
        return bool(self.motion.blocks or b"\n" in self.rx or self.line or self.out)

    @property
    def state(self):
        """The state as `?` names it."""
        if self.alarm:
            return "Alarm"
        if self.motion.holding:
            return "Hold:0" if self.motion.held else "Hold:1"
        return "Run" if self.motion.blocks else "Idle"

    def ring(self, alarm):
        """Raise an alarm; after those of limits only a reset is heard."""
        self.motion.drop()
        self.alarm, self.deaf = alarm, alarm in (1, 2)
        self.say(f"ALARM:{alarm}")

    def receive(self, data):
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

    def advance(self, now):
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

    def _execute(self, line, now):
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
        full = self.motion.full and {"X", "Y"} & values.keys() and self.motion.chords is None
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
            elif code not in MODES:
                return "error:20"
        self.words |= {key: values[key] for key in self.words.keys() & values.keys()}
        return self._move(values)

    def _move(self, values):
        """Plan the move of a line's words; return its answer, None while an arc of it is planned."""
        shifts = self.systems[self.system], self.systems["G92"]
        to = list(self.motion.target)
        for axis, letter in enumerate("XY"):
            if letter in values:
                to[axis] = values[letter] + sum(shift[axis] for shift in shifts)
        if self.mode != "G0" and self.words["F"] <= 0:
            return "error:22"
        far = self.settings[130], self.settings[131]
        if self.settings[20] and any(not -0.01 <= to[axis] <= far[axis] + 0.01 for axis in (0, 1)):
            self.ring(2)
            return "ok"
        speed, at = math.inf if self.mode == "G0" else self.words["F"] / 60, self.motion.target
        if self.mode in ("G0", "G1"):
            self.motion.add((to[0], to[1]), speed)
            return "ok"
        if self.motion.chords is None:
            centre = at[0] + values.get("I", 0.0), at[1] + values.get("J", 0.0)
            radius = math.dist(at, centre)
            if abs(math.dist(to, centre) - radius) > max(0.005, 0.001 * radius):
                return "error:33"
            chord_mm = 2 * math.sqrt(ARC_TOLERANCE_MM * max(2 * radius - ARC_TOLERANCE_MM, 1e-6))
        else:
            centre, chord_mm = at, 1.0  # it is under way
        bent = self.motion.bend(int(self.mode[1]), (to[0], to[1]), centre, speed, chord_mm)
        return "ok" if bent else None

    def _command(self, line):
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


class EbbEmulator(Emulator, simulator.EbbEmulator):
    """The package's own board, of any version, in the old or the future syntax."""

    def __init__(
        self, link, carriage=None, *, scale=1.0, version=(2, 8, 1), future=False, power=300
    ):
        Emulator.__init__(self, link, carriage, scale=scale)
        simulator.EbbEmulator.__init__(self, self.carriage.at, self.carriage.down)
        self.pen = self.carriage.pen
        self.version, self.power = ".".join(map(str, version)), power
        self.is_new, self.future = version >= (3, 0, 0), future

    @property
    def motion(self):
        return SimpleNamespace(moving_s=self.moved_s)

    def move(self, to, now):
        self.at = to
        self.carriage.move(to, now)

    def execute(self, name, numbers):
        if name == "CU" and numbers[0] == 10 and self.is_new:
            self.future = numbers[1] == 1
        super().execute(name, numbers)

    def reply(self, name, values):
        if name == "ES" and self.is_new:
            values = "0"
        if self.future:
            self.send(f"{name}{',' if values else ''}{values}\n".encode())
        else:
            super().reply(name, values)


class MarlinEmulator(Emulator):
    """Marlin 2: a queue of four lines, 128 bytes that receive, checksums, resends, pens that act at once."""

    def __init__(self, link, carriage=None, *, scale=1.0, homes=True, ok_after_resend=True):
        super().__init__(link, carriage, scale=scale)
        self.ok_after_resend = ok_after_resend
        self.motion = Planner(self.carriage, depth=16, acceleration=500.0, deviation=0.013)
        self.rx = bytearray()
        self.queue = deque()
        self.last_n = 0
        self.resent = 0
        self._until = 0.0
        self._busy_at = 0.0
        self.feed = 3000.0
        self.say("start")
        self.say("echo:Marlin 2.1.2")

    @property
    def busy(self):
        return bool(self.motion.blocks or b"\n" in self.rx or self.queue or self.out)

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
            case "G2" | "G3":
                if self_motion.full and self_motion.chords is None:
                    return False
                at = self_motion.target
                self.feed = values.get("F", self.feed)
                centre = at[0] + values["I"], at[1] + values["J"]
                chord_mm = min(1.0, math.tau * math.dist(at, centre) / 72)
                end = values["X"], values["Y"]
                return self_motion.bend(int(code[1]), end, centre, self.feed / 60, chord_mm)
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


class HpEmulator(Emulator):
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
        self.pens = []
        self.received = 0
        self.speed = 381.0
        self._until = 0.0
        self._escape = b""
        self.selected = 0
        self.errors = []

    @property
    def busy(self):
        return bool(self.motion.blocks or b";" in self.rx or self.out)

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


KINDS = {"grbl": GrblEmulator, "ebb": EbbEmulator, "marlin": MarlinEmulator, "hpgl": HpEmulator}
"""The emulator of each driver."""
