"""Machines on pseudo-terminals that forgive nothing: EBB, Marlin, HP 7475A, each with its true pen path.

GRBL is `drawscape.plotter.simulator.GrblEmulator`. Facts are those of the makers' manuals and sources.
"""

import re
from collections import deque
from functools import reduce
from types import SimpleNamespace

from drawscape.plotter.simulator import Emulator, Motion


class EbbEmulator(Emulator):
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


class MarlinEmulator(Emulator):
    """Marlin 2: a queue of four lines, 128 bytes that receive, checksums, resends, pens that act at once."""

    def __init__(self, link, carriage=None, *, scale=1.0, homes=True, ok_after_resend=True):
        super().__init__(link, carriage, scale=scale)
        self.ok_after_resend = ok_after_resend
        self.motion = Motion(self.carriage, depth=16, acceleration=500.0, deviation=0.013)
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


class HpEmulator(Emulator):
    """An HP 7475A at 9600 baud: 1024 bytes of buffer that lose what is too much, and a carousel."""

    baudrate = 9600
    BUFFER = 1024
    UNIT = 0.02488

    def __init__(self, link, carriage=None, *, scale=1.0):
        super().__init__(link, carriage, scale=scale)
        self.motion = Motion(
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
