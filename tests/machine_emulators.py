"""Machines on pseudo-terminals that forgive nothing: GRBL, EBB, Marlin, HP 7475A; each knows its pen path.

Facts are those of the makers' manuals and sources.
"""

import contextlib
import math
import os
import random
import re
import select
import threading
import time
import tty
from collections import deque
from dataclasses import dataclass, field
from functools import reduce
from types import SimpleNamespace

from drawscape.machine import simulator

Point = tuple[float, float]
TICK_S = 0.001
LEAST_MM_S = 0.3
SETTINGS = {1: 25, 10: 1, 11: 0.01, 13: 0, 20: 0, 21: 0, 22: 0, 23: 0, 27: 1.0, 32: 0}
SETTINGS |= {110: 5000, 111: 5000, 112: 5000, 120: 250, 121: 250, 130: 300, 131: 300, 132: 40}
TOUCHES_MM = 0.001  # a pen this high above the paper touches it
TOUCHES_S = 45  # a servo's pen meets the paper halfway down, for S90
MODES = ("G17", "G20", "G21", "G40", "G80", "G90", "G94", "M0", "M2")


@dataclass
class Carriage:
    """Where the pen truly is, and all that it has drawn; `rest_s` is the longest that it rested down.

    `height` is that of a pen on a Z axis, in mm above the paper; a servo's pen is just up or down.
    """

    at: Point = (0.0, 0.0)
    down: bool = False
    height: float = 5.0
    strokes: list[list[Point]] = field(default_factory=list)
    rest_s: float = 0.0
    moved_s: float = 0.0

    def pen(self, down, now):
        if self.down:
            self.rest_s = max(self.rest_s, now - self.moved_s)
        elif down:
            self.strokes.append([self.at])
        self.down, self.moved_s = down, now

    def lift(self, height, now):
        self.height = height
        touches = height < TOUCHES_MM
        if touches != self.down:
            self.pen(touches, now)

    def move(self, to, now):
        if self.down and to != self.at:
            self.rest_s = max(self.rest_s, now - self.moved_s)
            self.strokes[-1].append(to)
        self.at, self.moved_s = to, now


@dataclass
class Block:
    """A move of the planner, which thinks in complex numbers; speeds in mm/s, `entry` as planned now.

    With a `height` it is a move of the Z axis alone, to there.
    """

    end: complex
    way: complex
    length: float
    speed: float
    acceleration: float
    junction: float
    entry: float = 0.0
    height: float | None = None


class Planner:
    """Moves with acceleration and corner speeds, as firmware plans them.

    With `per_axis`, speeds in mm/s, neither axis is faster than that, nor accelerated more. A carriage that
    meets the end of its rails, `reach` mm from 0, stays there while the steps go on: it is `blocked`. Without
    `supply` the motors do not turn, and the steps are counted all the same.
    """

    def __init__(self, carriage, *, depth, acceleration, deviation, per_axis=None):
        self.carriage, self.depth = carriage, depth
        self.at = 0j  # as the firmware counts
        self.origin = complex(*carriage.at)  # where its zero truly is
        self.z = 0.0
        self.paper = -carriage.height  # where Z touches the paper, as the firmware counts
        self.has_z = False
        self.reach, self.blocked, self.supply = None, False, True
        self.holding = self.held = False
        self._now = 0.0
        self.per_axis, self.acceleration, self.deviation = per_axis, acceleration, deviation
        self.blocks: deque[Block] = deque()
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

    def _limited(self, way):
        """Return the highest speed and acceleration in a direction."""
        if self.per_axis is None:
            return math.inf, self.acceleration
        share = max(abs(way.real), abs(way.imag)) / abs(way)
        return self.per_axis / share, self.acceleration / share

    @property
    def target_z(self):
        heights = [block.height for block in self.blocks if block.height is not None]
        return heights[-1] if heights else self.z

    def add_z(self, height, speed):
        """Plan a move of the Z axis alone; the carriage stands before it and after it."""
        length = abs(height - self.target_z)
        if length >= 1e-6:
            here = self.target
            block = Block(here, 0j, length, min(speed, 5000 / 60), 250.0, 0.0, height=height)
            self._append(block)

    def add(self, end, speed):
        start = self.blocks[-1].end if self.blocks else self.at
        length = abs(end - start)
        if length < 1e-6:
            return
        way = (end - start) / length
        top, acceleration = self._limited(way)
        speed, junction = min(speed, top), 0.0
        if self.blocks and self.blocks[-1].height is None:
            last = self.blocks[-1]
            turn = way - last.way
            half = math.sqrt(max(0.0, 1 - abs(turn) ** 2 / 4))
            junction = min(speed, last.speed)
            if half < 0.999999:
                bend = self._limited(turn)[1] * self.deviation * half / (1 - half)
                junction = min(junction, math.sqrt(bend))
        elif self.carriage.down and not self.blocks:
            self.starved += self._strokes == len(self.carriage.strokes)
        self._strokes = len(self.carriage.strokes) if self.carriage.down else 0
        self._append(Block(end, way, length, speed, acceleration, junction))

    def _append(self, block):
        self.blocks.append(block)
        after = 0.0
        for block in reversed(self.blocks):
            reachable = math.sqrt(after**2 + 2 * block.acceleration * block.length)
            after = block.entry = min(block.junction, reachable)

    def advance(self, now):
        left, self._now = now - self._now, now
        while left > 1e-9 and self.blocks and not self.held:
            left = self._step(left, now)

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
            self.z = self.z if block.height is None else block.height
            self.speed = min(speed, leaves) if self.blocks else 0.0
        else:
            self._done += way
            self.at = block.end - block.way * (block.length - self._done)
            if block.height is not None:
                rest = block.length - self._done
                self.z = block.height + math.copysign(rest, self.z - block.height)
            self.speed = 0.0 if self.held else speed
        self.moving_s += slice_s
        if way >= rest or self.held or slice_s >= left:
            self._show(now)
        return left - slice_s

    def _show(self, now):
        """Let the carriage be where the steps lead, unless its rails or its supply end before."""
        there = self.origin + self.at
        stays = complex(*self.carriage.at)
        if self.reach is not None:
            width, height = self.reach
            stays = complex(min(max(there.real, 0.0), width), min(max(there.imag, 0.0), height))
        if not self.supply:
            stays = complex(*self.carriage.at)
        if self.reach is not None or not self.supply:
            self.blocked = self.blocked or (self.supply and abs(stays - there) > 1e-6)
            self.origin += stays - there
            there = stays
        self.carriage.move((there.real, there.imag), now)
        if not self.supply:
            self.paper = self.z - self.carriage.height
        elif self.has_z:
            self.carriage.lift(self.z - self.paper, now)

    def push(self, way):
        """Push the carriage by hand, in mm: the firmware does not notice."""
        self.origin += way
        there = self.origin + self.at
        self.carriage.move((there.real, there.imag), self._now)

    def hold(self):
        self.holding = True
        self.held = not self.blocks or self.speed == 0.0

    def resume(self):
        self.held = self.holding = False

    def drop(self):
        """Forget all moves, as a reset does; the place stays."""
        self.blocks.clear()
        self._done, self.speed = 0.0, 0.0
        self.resume()


class Emulator:
    """A machine on a pseudo-terminal, `scale` times as fast as time; subclasses speak its language."""

    baudrate = 115200

    def __init__(self, link, carriage=None, *, scale=1.0):
        self.link, self.scale = link, scale
        self.carriage = carriage or Carriage()
        self.faults = deque()  # what to do to it, once it has begun `spared` strokes
        self.spared = 0
        self.muted = False  # it hangs: hears nothing, says nothing, does not move
        self.lost_bytes = 0
        self.late_s = 0.0  # real seconds that this computer let it wait beyond a tick
        self.dwelt_s = 0.0
        self.heard_s = 0.0
        self.out = bytearray()
        self._begun = time.monotonic()
        self._stop = threading.Event()
        self.board = None
        self.plug()

    def plug(self, link=None):
        """Make a port and let `link` name it: another one than before, when it is plugged in elsewhere.

        `board` is a link as in /dev/serial/by-id, which has the name of the board and leads to its port.
        """
        self.link = link or self.link
        master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(master, False)
        temporary = self.link.with_name(f".{self.link.name}.{os.getpid()}.{id(self):x}")
        temporary.symlink_to(os.ttyname(self._slave))
        temporary.replace(self.link)
        if self.board is not None:
            self.board.unlink(missing_ok=True)
            self.board.symlink_to(self.link)
        self.master = master

    def unplug(self):
        """Pull the cable: the port is gone, the machine goes on with what it has."""
        # Taken at once: a test that sees the cable gone may plug it in again before this ends.
        master, slave, self.master = self.master, self._slave, None
        self.link.unlink(missing_ok=True)
        if self.board is not None:
            self.board.unlink(missing_ok=True)
        if master is not None:
            os.close(slave)
            os.close(master)

    def fail_after(self, strokes, fault):
        """Let `fault(self)` happen once so many strokes have begun."""
        self.spared = strokes
        self.faults.append(fault)

    @property
    def now(self):
        """Seconds of the machine's time."""
        return (time.monotonic() - self._begun) * self.scale

    def serve(self):
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
            while self.faults and len(self.carriage.strokes) >= self.spared:
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
        self.out += text.encode("latin-1") + b"\r\n"

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

    def send(self, data):
        self.out += data


class PlannedEmulator(Emulator):
    """A machine with a planner that reads what ends with `END` from a buffer of `ROOM` bytes."""

    ROOM, END = 128, b"\n"
    noise = 0.0  # the chance that the cable spoils a byte
    waits = None  # what was read, and is not done yet

    def __init__(self, link, carriage=None, *, scale=1.0, **planned):
        super().__init__(link, carriage, scale=scale)
        self.motion = Planner(self.carriage, **planned)
        self.rx = bytearray()
        self._until = 0.0

    @property
    def busy(self):
        """Whether time matters now; a line without its end waits for ever."""
        return bool(self.motion.blocks or self.END in self.rx or self.waits or self.out)

    def receive(self, data):
        for byte in data:
            self.hear(byte)

    def hear(self, byte):
        """Keep a byte, if there is room for it."""
        if len(self.rx) < self.ROOM:
            self.rx.append(byte)
        else:
            self.lost_bytes += 1

    def next_line(self):
        """Return the next whole line, None where there is none."""
        line, end, rest = self.rx.partition(self.END)
        if not end:
            return None
        self.rx = rest
        return line.decode("latin-1").strip()

    def dwell(self, seconds, now):
        """Do nothing for so long."""
        self._until = now + seconds
        self.dwelt_s += seconds


class GrblEmulator(PlannedEmulator):
    """GRBL 1.1: a receive buffer that drops what is too much, and 15 moves ahead.

    `settings` are those of `$$`: 1 is how long motors hold while idle, in ms (255: for ever), 10 for machine
    or work places, 20 for soft limits, 21 for hard ones, 22 for switches that it homes to, 23 for their
    corner, 27 for the way back from them, 32 for a laser, 130 to 132 the reach. As on the real one, machine
    space lies below zero: from -`$130` to 0. With `z_axis` the pen is moved by Z, and `M3` turns a spindle:
    `spun`. A machine with switches stands between rails `$130` by `$131` mm long.
    """

    ROOM = 127
    BANNER = "Grbl 1.1h ['$' for help]"
    BUILD = "[VER:1.1h.20190825:simulator]\r\n[OPT:V,15,128]"
    TOOL, BUFFERS, COMMENT = "[TLO:{}]", "", ""
    PACES = b"\x90\x95\x99"

    def __init__(self, link, carriage=None, *, scale=1.0, z_axis=False, **settings):
        self.settings = {**SETTINGS, **{int(key[1:]): value for key, value in settings.items()}}
        planned = {"acceleration": self.settings[120], "deviation": self.settings[11]}
        planned |= {"depth": 15, "per_axis": self.settings[110] / 60}
        super().__init__(link, carriage, scale=scale, **planned)
        self.motion.has_z = z_axis
        if self.settings[22]:
            self.motion.reach = self.settings[130], self.settings[131]
        self.systems = {"G54": (0j, 0.0), "G92": (0j, 0.0)}
        self.spun = 0
        self._boot()

    def _boot(self):
        self.rx, self.waits = bytearray(), None
        self.alarm, self.deaf = (-1 if self.settings[22] else 0), False  # it wakes up locked
        self.words, self.spindle = {"T": 0.0, "F": 0.0, "S": 0.0}, 0
        self._forget()
        self._reports, self._told = 0, None
        self.mode, self.system, self.relative, self.unit = "G0", "G54", False, 1.0
        self.paces = [100, 100, 100]  # percent of strokes, of travels and of the spindle
        self._until, self._dwells, self._moved_s = 0.0, False, -math.inf
        self.motion.drop()
        self.say("\r\n" + self.BANNER)
        if self.alarm:
            self.say("[MSG:'$H'|'$X' to unlock]")

    def _forget(self):
        """Lose what a reset wipes out."""
        self.tool_mm = 0.0
        self.systems["G92"] = 0j, 0.0

    @property
    def state(self):
        """The state as `?` names it."""
        if self.alarm:
            return "Alarm"
        if self.motion.holding:
            return "Hold:0" if self.motion.held else "Hold:1"
        return "Run" if self.motion.blocks else "Idle"

    @property
    def holds(self):
        """Whether the motors hold the carriage now: `$1` ms after it has come to rest they let go."""
        hold_ms = self.settings[1]
        return hold_ms == 255 or self.heard_s - self._moved_s <= hold_ms / 1000

    def push(self, way):
        """Lean on the carriage: it gives way when the motors do not hold it."""
        if not self.holds:
            self.motion.push(way)

    def ring(self, alarm):
        """Raise an alarm; after those of limits only a reset is heard."""
        self.motion.drop()
        self.alarm, self.deaf = alarm, alarm in (1, 2)
        self.say(f"ALARM:{self.named(alarm, OLD_ALARMS)}")

    def hear(self, byte):
        if byte == 0x18:
            moving = self.motion.blocks and not self.motion.held
            if moving:
                self.motion.push(0.3)  # it coasts on, and its steps do not know it
                self.ring(3)
            self._boot()
            self.alarm = 3 if moving else self.alarm
        elif self.deaf:
            return
        elif byte == ord("?"):
            self.advance(self.heard_s)  # what came before it is not waiting any more
            self.say(f"<{self.state}{self._report()}>")
        elif byte == ord("!"):
            self.motion.hold()
        elif byte == ord("~"):
            self.motion.resume()
        elif byte in self.PACES:
            self.paces[self.PACES.index(byte)] = 100
        elif byte < 0x80 or not self.PACES:
            super().hear(byte)

    def _report(self):
        at, z, kind = self.motion.at, self.motion.z, "MPos"
        if not int(self.settings[10]) & 1:
            shift, shift_z = self.shift
            at, z, kind = at - shift, z - shift_z, "WPos"
        told = self.told
        place = f"|{kind}:{told(at.real)},{told(at.imag)},{told(z)}{self.BUFFERS}"
        return f"{place}|FS:0,{self.spindle:.0f}{self._extra()}"

    def told(self, mm):
        """Return a length as it is reported: in inches with `$13`."""
        return f"{mm / 25.4:.4f}" if self.settings[13] else f"{mm:.3f}"

    def _extra(self):
        """Return what a report has after a change and each tenth time: places of work, then overrides."""
        self._reports += 1
        way, z = self.shift
        if self._reports % 10 == 1 or self._told != (way, z):
            self._told = way, z
            return f"|WCO:{self.told(way.real)},{self.told(way.imag)},{self.told(z)}"
        paces = ",".join(map(str, self.paces))
        return f"|Ov:{paces}" + "|A:S" * (self.spindle > 0) if self._reports % 10 == 2 else ""

    @property
    def shift(self):
        """By how much work places differ from machine places, across and along Z."""
        (way, z), (way_92, z_92) = self.systems[self.system], self.systems["G92"]
        return way + way_92, z + z_92 + self.tool_mm

    def advance(self, now):
        if self.motion.blocks:
            self._moved_s = now
        self.motion.advance(now)
        if self.settings[21] and self.motion.blocked and not self.deaf:
            self.ring(1)
        self.motion.blocked = False
        while now >= self._until and not (self.motion.holding or self.deaf):
            self.waits = self.next_line() if self.waits is None else self.waits
            if self.waits is None:
                return
            if (answer := self._execute(self.waits.upper(), now)) is None:
                return
            self.waits = None
            self.say(answer)

    def named(self, number, _old):
        """Return how an error or alarm is told."""
        return number

    def refuse(self, number):
        """Return the answer to a line that is refused."""
        return f"error:{self.named(number, OLD_ERRORS)}"

    def _execute(self, line, now):
        """Return the answer to a line, or None while it has to wait."""
        if line.startswith("$"):
            return self._command(line)
        if self.alarm:
            return self.refuse(9)
        text = "".join(line.split("(")[0].split(";")[0].split())
        words = re.findall(r"([A-Z])([-+]?(?:\d+\.?\d*|\.\d+))", text)
        if "".join(letter + number for letter, number in words) != text:
            return self.refuse(2)
        values = {letter: float(number) for letter, number in words}
        letters = [letter for letter, _ in words if letter not in "GM"]
        if len(set(letters)) < len(letters):
            return self.refuse(25)  # a word twice, as of two lines that a lost end makes one
        codes = [f"{letter}{float(number):g}" for letter, number in words if letter in "GM"]
        for code in {"G20", "G21"}.intersection(codes):
            self.unit = 25.4 if code == "G20" else 1.0
        for key in {"X", "Y", "Z", "F"} & values.keys():
            values[key] *= self.unit
        if self.motion.full and {"X", "Y", "Z"} & values.keys():
            return None
        if self.motion.blocks and {"G4", "M3", "M5", "M0", "M2", "G10"}.intersection(codes):
            return None
        # A tool is forgotten by the next line, as in GRBL's gc_execute_line.
        self.words |= {"T": 0.0} | {key: values[key] for key in self.words.keys() & values.keys()}
        if "G10" in codes or "G92" in codes:
            return self._set_place("G92" if "G92" in codes else "G54", values)
        for code in codes:
            if code in ("G0", "G1"):
                self.mode = code
            elif code in ("M3", "M5"):
                power = values.get("S", self.words["S"]) * self.paces[2] / 100
                self.spindle = power if code == "M3" else 0
                self._spin(self.spindle > TOUCHES_S, now)
            elif code in self.systems:
                self.system = code
            elif code in ("G90", "G91"):
                self.relative = code == "G91"
            elif code == "G4":
                self._dwells = not self._dwells
                if not self._dwells:
                    return "ok"
                self.dwell(values.get("P", 0.0), now)
                return None
            elif code in ("G43.1", "G49"):  # the length of a tool
                self.tool_mm = values["Z"] if code == "G43.1" else 0.0
                return "ok"
            elif code not in MODES:
                return self.refuse(20)
        return self._move(values)

    def _spin(self, on, now):
        """Lower the pen by a servo at the spindle's pin, or turn a spindle."""
        if self.motion.has_z:
            self.spun += on
        else:
            self.carriage.pen(on, now)

    def _set_place(self, system, values):
        """Let the words X, Y and Z name where it stands, in a system of places."""
        way, z = self.systems[system]
        at, at_z = self.motion.target, self.motion.target_z
        all_ways, all_z = self.shift
        x = at.real - (all_ways - way).real - values["X"] if "X" in values else way.real
        y = at.imag - (all_ways - way).imag - values["Y"] if "Y" in values else way.imag
        z = at_z - (all_z - z) - values["Z"] if "Z" in values else z
        self.systems[system] = complex(x, y), z
        return "ok"

    def _move(self, values):
        """Plan the move of a line's words; return its answer."""
        at, (shift, shift_z) = self.motion.target, self.shift
        if self.relative:
            shift, shift_z = at, self.motion.target_z
        x = values["X"] + shift.real if "X" in values else at.real
        y = values["Y"] + shift.imag if "Y" in values else at.imag
        z = values["Z"] + shift_z if "Z" in values else self.motion.target_z
        to, speed = complex(x, y), self.words["F"] / 60 * self.paces[0] / 100
        if self.mode != "G0" and speed <= 0:
            return self.refuse(22)
        inside = (-self.settings[130 + a] - 0.01 <= v <= 0.01 for a, v in enumerate((x, y)))
        if self.settings[20] and not all(inside):
            self.ring(2)
        else:
            top = (
                math.inf if self.paces[1] == 100 else self.settings[110] / 60 * self.paces[1] / 100
            )
            fast = top if self.mode == "G0" else speed
            self.motion.add(to, fast)
            self.motion.add_z(z, fast)
        return "ok"

    def _command(self, line):
        if self.motion.blocks and line not in ("$G", "$I", "$#"):
            return self.refuse(8)  # it is not idle
        if found := re.fullmatch(r"\$(\d+)=(-?[\d.]+)", line):
            self.settings[int(found[1])] = float(found[2])
            return "ok"
        match line:
            case "$X":
                if self.alarm:
                    self.say("[MSG:Caution: Unlocked]")
                self.alarm = 0
            case "$I":
                self.say(self.BUILD)
            case "$G":
                words = " ".join(f"{word}{value:g}" for word, value in self.words.items())
                self.say(f"[GC:{self.mode} {self.system} G17 G21 G90 G94 M5 M9 {words}]")
            case "$#":
                for name, (place, z) in self.systems.items():
                    self.say(f"[{name}:{','.join(map(self.told, (place.real, place.imag, z)))}]")
                self.say(self.TOOL.format(self.told(self.tool_mm)))
            case "$$":
                for number, value in self.settings.items():
                    self.say(f"${number}={value:g}{self.COMMENT}")
            case _:
                if line != "$H" or not self.settings[22]:
                    return self.refuse(5 if line == "$H" else 3)
                self._home()
                return None if self.deaf else "ok"
        return "ok"

    def _home(self):
        """Run to the switches, Z first, and a little back."""
        motion, back_mm = self.motion, self.settings[27]
        if not motion.supply:
            self.ring(9)
            return
        if motion.has_z:
            self.carriage.lift(self.settings[132] - back_mm, self.heard_s)
            motion.z, motion.paper = -back_mm, -self.settings[132]
        corner, counts = [], []
        for axis, bit in ((130, 1), (131, 2)):
            length, is_low = self.settings[axis], int(self.settings[23]) & bit
            corner.append(back_mm if is_low else length - back_mm)
            counts.append(back_mm - length if is_low else -back_mm)
        self.carriage.move(tuple(corner), self.heard_s)
        motion.at = complex(*counts)
        motion.origin = complex(*corner) - motion.at
        self.alarm = 0


OLD_ERRORS = {2: " Bad number format", 8: " Not idle", 9: " Alarm lock", 20: " Unsupported command"}
OLD_ALARMS = {1: " Hard limit", 2: " Soft limit", 3: " Abort during cycle"}


class OldGrblEmulator(GrblEmulator):
    """GRBL 0.9j: words for errors, commas in reports, one name for both halves of a hold."""

    BANNER = "Grbl 0.9j ['$' for help]"
    PACES = b""
    BUILD = "[0.9j.20160726:]"
    COMMENT = " (report inches, bool)"

    def named(self, number, old):
        return old[number]

    @property
    def state(self):
        return super().state.partition(":")[0]

    def _report(self):
        at, z, (shift, shift_z) = self.motion.at, self.motion.z, self.shift
        work = f"WPos:{(at - shift).real:.3f},{(at - shift).imag:.3f},{z - shift_z:.3f}"
        return f",MPos:{at.real:.3f},{at.imag:.3f},{z:.3f},{work}"


class GrblHalEmulator(GrblEmulator):
    """grblHAL: after an error it refuses all G-code until an empty line, a `$` or a reset.

    A reset keeps the length of a tool and what G92 has set.
    """

    ROOM = 1023
    BANNER = "GrblHAL 1.1f ['$' or '$HELP' for help]"
    BUILD = "[VER:1.1f.20260817:]\r\n[OPT:VNML+,100,1024,3,0]\r\n[FIRMWARE:grblHAL]"
    TOOL, BUFFERS = "[TLO:0.000,0.000,{}]", "|Bf:100,1023"
    tool_mm, refused = 0.0, 0

    def _forget(self):
        self.refused = 0

    @property
    def state(self):
        """The state with the number of an alarm, as with all bits of `$10`."""
        return f"Alarm:{max(self.alarm, 11)}" if self.alarm else super().state

    def refuse(self, number):
        self.refused = number
        return super().refuse(number)

    def _execute(self, line, now):
        if line.startswith("$") or not line:
            self.refused = 0
        return self.refuse(self.refused) if self.refused else super()._execute(line, now)


class FluidNcEmulator(GrblEmulator):
    """FluidNC: it still reports the length of a tool that a reset has undone."""

    BANNER = "Grbl 3.9 [FluidNC v3.9.1 (wifi) '$' for help]"
    BUILD = "[VER:3.9 FluidNC v3.9.1 (esp32-wifi) :]\r\n[OPT:PHSW]\r\n[MSG:INFO: Machine: plotter]"
    TOOL = "[TLO:0.000,0.000,{}]"
    told_mm = 0.0

    def _execute(self, line, now):
        real_mm = self.tool_mm
        if line == "$#":
            self.tool_mm = self.told_mm
        answer = super()._execute(line, now)
        if line == "$#":
            self.tool_mm = real_mm
        elif "G43.1" in line:
            self.told_mm = self.tool_mm
        return answer


LIFTS = {"standard": (9855, 27831, 45.0, 2.69), "brushless": (5400, 12600, 20.0, 1.28)}
"""Of a lift: the servo's output at 0 and 100 %, and its ms at the start and for each per cent of way."""
TOUCHES = 0.45  # of a lift's range: the paper, between the usual heights of 30 and 60 %


class EbbEmulator(Emulator, simulator.EbbEmulator):
    """The package's own board, of any version, in the old or the future syntax.

    `power` is the voltage of the motors' own supply, as QC says it; below 250 they do not turn, while the
    board lives on by USB and counts. `lift` is at the first servo pin when it is standard, at the second
    one when it is brushless; it takes its time, and its pen is where the servo's output leads. `late_moves`
    are those that came when the one before had ended in mid-stroke.
    """

    def __init__(
        self, link, carriage=None, *, scale=1.0, version=(2, 8, 1), future=False, power=300,
        lift="standard",
    ):  # fmt: skip
        Emulator.__init__(self, link, carriage, scale=scale)
        simulator.EbbEmulator.__init__(self, self.carriage.at, self.carriage.down)
        self.version, self.power = ".".join(map(str, version)), power
        self.is_new, self.future = version >= (3, 0, 0), future
        self.lift = lift
        self.mechanism = 2  # 0: only a solenoid is told where to go
        self.servo = {4: 12000, 5: 16000}  # that SC has set for up and down
        self.share = self._goal = (
            0.3 if self.down else 0.6
        )  # of the range, where the lift was and goes
        self._since_s = 0.0
        self.late_moves, self._in_stroke = 0, False
        self._outputs = (
            deque()
        )  # of the lifts that wait: SP takes the output that SC has set by then
        self.lifted = []  # the share of the range that each lift went up to

    @property
    def motion(self):
        return SimpleNamespace(moving_s=self.moved_s)

    def move(self, to, now):
        if self.power < 250:
            x, y = _place(self.steps)
            self._origin = self.at[0] - x, self.at[1] - y
            return
        self.at = to
        self.carriage.move(to, now)

    def pen(self, down, now, pin=1):
        output = self._outputs.popleft()
        if pin != (2 if self.lift == "brushless" else 1) or not self.mechanism:
            return
        low, high, begin_ms, way_ms = LIFTS[self.lift]
        self.share, self._since_s = self.share_at(now), now
        self._goal = min(max((output - low) / (high - low), 0.0), 1.0)
        self.lifted += [] if down else [self._goal]
        self.lifting = None
        if (self.share < TOUCHES) != (self._goal < TOUCHES):
            far = 100 * abs(TOUCHES - self.share)
            self.lifting = now + (begin_ms + way_ms * far) / 1000, self._goal

    def share_at(self, now):
        """Return where the lift is by now, of its range."""
        _, _, begin_ms, way_ms = LIFTS[self.lift]
        moved = max(0.0, 1000 * (now - self._since_s) - begin_ms) / way_ms / 100
        way = self._goal - self.share
        return self.share + math.copysign(min(moved, abs(way)), way)

    def settle(self, now):
        """Let the pen meet the paper, or leave it."""
        if self.lifting is not None and now >= self.lifting[0]:
            self.down = self.lifting[1] < TOUCHES
            self.lifting = None
            if self.down != self.carriage.down:
                self.carriage.pen(self.down, now)

    def execute(self, name, numbers):
        if name == "CU" and numbers[0] == 10 and self.is_new:
            self.future = numbers[1] == 1
        if name == "CU" and numbers[0] == 4 and self.is_new:
            self.depth = numbers[1]
        if name == "QU" and self.is_new:
            waiting = 32 if numbers[0] == 2 else len(self.fifo)
            self.reply(name, f"{'' if self.future else 'QU,'}{numbers[0]},{waiting}")
            return
        if name == "SC" and numbers[0] == 1:
            self.mechanism = numbers[1]
        if name == "SC" and numbers[0] in self.servo:
            self.servo[numbers[0]] = numbers[1]
        if name == "SM" and any(numbers[1:]):
            self.late_moves += self._in_stroke and not (self.running or self.fifo)
            self._in_stroke = self.carriage.down
        elif name == "SP":
            self._in_stroke = False
            self._outputs.append(self.servo[4 if numbers[0] else 5])
        elif name == "ES":
            self._outputs.clear()
        super().execute(name, numbers)

    def reply(self, name, values):
        if name == "ES" and self.is_new:
            values = "0"
        if self.future:
            self.send(f"{name}{',' if values else ''}{values}\n".encode())
        else:
            super().reply(name, values)


def _place(steps):
    """Return where a board's steps lead, in mm."""
    a, b = steps
    return (a + b) / 2 / simulator.STEPS_MM, (a - b) / 2 / simulator.STEPS_MM


class MarlinEmulator(PlannedEmulator):
    """Marlin 2: a queue of four lines, 128 bytes that receive, checksums, resends, pens that act at once.

    When it asks for a line again it flushes what it has received so far. What is still on the way comes in
    behind that, and may begin in the middle of a line. With `chatter_s` it says something that often, as M155
    makes it do. Its motors let go `hold_s` after its last move. Paused `for_user`, it obeys no line before
    its button or M108.
    """

    for_user = False

    def __init__(
        self, link, carriage=None, *, scale=1.0, ok_after_resend=True, chatter_s=math.inf,
        hold_s=120.0, z_axis=False,
    ):  # fmt: skip
        planned = {"depth": 16, "acceleration": 500.0, "deviation": 0.013}
        super().__init__(link, carriage, scale=scale, **planned)
        self.ok_after_resend, self.chatter_s, self.hold_s = ok_after_resend, chatter_s, hold_s
        self.motion.has_z = z_axis
        self.chance = random.Random(str(link))
        self._said_s, self._moved_s, self.spoiled = 0.0, -math.inf, 0
        self._is_clean = True
        self.waits = deque()
        self.last_n = 0
        self._busy_at = 0.0
        self.feed, self.relative, self.percent = 3000.0, False, 100.0
        self.say("start")
        self.say("echo:Marlin 2.1.2")

    def push(self, way):
        """Lean on the carriage: it gives way when the motors do not hold it."""
        if self.heard_s - self._moved_s > self.hold_s:
            self.motion.push(way)

    def receive(self, data):
        """Hear bytes; with a chance of `noise` for each, the cable spoils one.

        Two in one line might leave its checksum as it was.
        """
        spoilt = bytearray(data)
        for index, byte in enumerate(spoilt):
            if byte == 10:
                self._is_clean = True
            elif self.noise and self._is_clean and self.chance.random() < self.noise:
                spoilt[index], self.spoiled, self._is_clean = byte ^ 1, self.spoiled + 1, False
        self.for_user &= b"M108" not in spoilt  # it is heard before the lines that wait
        super().receive(bytes(spoilt))

    def _refuse(self, why):
        del self.rx[: self.chance.randint(0, len(self.rx))]
        self.say(f"Error:{why}, Last Line: {self.last_n}")
        self.say(f"Resend: {self.last_n + 1}")
        if self.ok_after_resend:
            self.say("ok")

    def _read_lines(self):
        while len(self.waits) < 4 and (line := self.next_line()) is not None:
            if not (numbered := re.match(r"N(\d+)\s*", line)):
                self.waits.extend([line] if line else [])
                continue
            body, star, sum_ = line.rpartition("*")
            number = int(numbered[1])
            if not star:
                self._refuse("No Checksum with line number")
            elif reduce(lambda a, b: a ^ b, body.encode("latin-1"), 0) != int(sum_ or -1):
                self._refuse("checksum mismatch")
            elif number != self.last_n + 1 and "M110" not in line:
                self._refuse("Line Number is not Last Line Number+1")
            else:
                self.last_n = number
                self.waits.append(body[numbered.end() :])

    def advance(self, now):
        if self.motion.blocks:
            self._moved_s = now
        self.motion.advance(now)
        if now - self._said_s > self.chatter_s:
            self._said_s = now
            self.say(" T:21.40 /0.00 @:0")
        self._read_lines()
        while (
            self.waits
            and not self.for_user
            and now >= self._until
            and self._execute(self.waits[0], now)
        ):
            self.waits.popleft()
            self.say("ok")
            self._read_lines()
        if (self.waits or self.for_user) and now - self._busy_at > 2.0:
            self._busy_at = now
            self.say(f"echo:busy: {'paused for user' if self.for_user else 'processing'}")

    def _execute(self, line, now):
        """Obey a line, and return whether it is done; it may have to wait."""
        motion = self.motion
        code, *words = line.split()
        found = (re.fullmatch(r"([A-Z])([-+]?\d*\.?\d+)(\*\d*)?", word) for word in words)
        values = {word[1]: float(word[2]) for word in found if word}
        if motion.full if code in ("G0", "G1") else motion.blocks and code in AT_REST:
            return False
        at = motion.target
        to = complex(values.get("X", at.real), values.get("Y", at.imag))
        if code in ("G0", "G1") and "Z" in values:
            from_z = motion.target_z if self.relative else 0.0
            motion.add_z(from_z + values["Z"], values.get("F", self.feed) / 60)
        match code:
            case "G0":
                motion.add(to, self.percent)
            case "G1":
                self.feed = values.get("F", self.feed)
                motion.add(to, self.feed / 60 * self.percent / 100)
            case "M220":
                self.percent = values["S"]
            case "M400" | "G4":
                self.dwell(values.get("P", 0.0) / 1000, now)
            case "M280" if not motion.has_z:
                self.carriage.pen(values["S"] < 45, now)
            case "G28" | "G92":
                if code == "G28":
                    self.carriage.move((0.0, 0.0), now)
                motion.origin, motion.at = complex(*self.carriage.at), 0j
            case "M114":
                x, y = at.real, at.imag
                place = f"X:{x:.2f} Y:{y:.2f} Z:{motion.target_z:.2f} E:0.00"
                self.say(f"{place} Count X:{x * 80:.0f} Y:{y * 80:.0f} Z:0")
            case "M115":
                self.say("FIRMWARE_NAME:Marlin 2.1.2 (emulated) PROTOCOL_VERSION:1.0")
            case "M84":
                if "S" in values:
                    self.hold_s = values["S"] or math.inf  # 0: they hold for ever
                else:
                    self._moved_s = -math.inf
            case "G90" | "G91":
                self.relative = code == "G91"
            case "M110" | "M105" | "M108" | "M155" | "G21":
                pass
            case _:
                self.say(f'echo:Unknown command: "{line}"')
        return True


AT_REST = ("M400", "G4", "G28", "G92")
"""What Marlin does once it has come to rest."""


class HpEmulator(PlannedEmulator):
    """An HP 7475A at 9600 baud: 1024 bytes of buffer that lose what is too much, and a carousel."""

    baudrate = 9600
    ROOM, END = 1024, b";"
    UNIT = 0.02488
    lost_answers = 0  # of the next OA: the cable loses them

    def __init__(self, link, carriage=None, *, scale=1.0):
        planned = {"depth": 2, "acceleration": 19600.0, "deviation": 0.0, "per_axis": 381.0}
        super().__init__(link, carriage, scale=scale, **planned)
        self.motion.origin = 0j
        self.pens = []
        self.received = 0
        self.speed = 381.0
        self._escape = b""
        self.is_off, self.terminator = False, b"\r"

    def hear(self, byte):
        self.received += 1
        if not (self._escape or byte == 0x1B):
            if not self.is_off:
                super().hear(byte)
            return
        self._escape += bytes([byte])
        match self._escape:
            case b"\x1b.(":
                self.is_off = False
            case b"\x1b.R":
                self.terminator = b"\r"
            case _ if self.is_off:
                pass
            case b"\x1b.B":
                self.send(f"{self.ROOM - len(self.rx)}".encode() + self.terminator)
            case b"\x1b.K":
                self.rx.clear()
            case b"\x1b.E":
                self.send(b"0\r")
        self._escape = self._escape[:2] if len(self._escape) < 3 else b""

    def advance(self, now):
        self.motion.advance(now)
        while now >= self._until and (end := self.rx.find(self.END)) >= 0:
            if not self._execute(self.rx[:end].decode("latin-1").strip(), now):
                break
            del self.rx[: end + 1]

    def _execute(self, text, now):
        """Obey what stands first in the buffer, and return whether it is done."""
        code, numbers = text[:2], [int(n) for n in re.findall(r"-?\d+", text[2:])]
        same = code == ("PD" if self.carriage.down else "PU")
        if self.motion.full or (self.motion.blocks and not same):
            return False
        match code:
            case "PU" | "PD":
                if not same:
                    self.carriage.pen(code == "PD", now)
                    self.dwell(0.05, now)
                    return not numbers
                if numbers:
                    x, y, *rest = numbers
                    to = complex(x * self.UNIT, y * self.UNIT)
                    self.motion.add(to, self.speed if code == "PD" else 381.0)
                    if rest:
                        left = f"{code}{','.join(map(str, rest))}"
                        self.rx[: self.rx.find(self.END)] = left.encode()
                        return False
            case "SP":
                self.carriage.pen(False, now)
                self.pens.append(numbers[0] if numbers else 0)
                self._until = now + 1.0
            case "OI":
                self.send(b"7475A" + self.terminator)
            case "OA":
                x, y = (round(v / self.UNIT) for v in (self.motion.at.real, self.motion.at.imag))
                if self.lost_answers:
                    self.lost_answers -= 1
                    return True
                self.send(f"{x},{y},{int(self.carriage.down)}".encode() + self.terminator)
            case "IN":
                self.carriage.pen(False, now)
            case "VS":
                self.speed = 10.0 * numbers[0] if numbers else 381.0
        return True


KINDS = {"grbl": GrblEmulator, "ebb": EbbEmulator, "marlin": MarlinEmulator, "hpgl": HpEmulator}
"""The emulator of each driver."""
