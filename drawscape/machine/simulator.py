"""A plotter without hardware: an EiBotBoard on a pseudo-terminal, with motors, step counters and a servo.

`python -m drawscape.machine.simulator LINK SCALE` serves one at the path LINK. End the process to pull
the plug.
"""

import contextlib
import os
import select
import sys
import time
import tty
from collections import deque
from pathlib import Path

Point = tuple[float, float]

STEPS_MM = 80.0
_TICK_S = 0.001
_IDLE_S = 0.02
_ALONE_S = 12 * 3600.0  # a plot may wait for a person over night


class EbbEmulator:
    """An EiBotBoard: one move runs, one waits, a third blocks the parser and all that comes behind it.

    It has no port: `receive` takes bytes, `advance` lets it work until a time in s, and its answers are
    appended to `out`. Its carriage is `at` a place in mm, with the pen `down` or not.
    """

    version = "2.8.1"
    power = 300  # as QC reports it

    def __init__(self, at: Point, down: bool) -> None:
        self.at, self.down = at, down
        self.rx, self.out, self.line = bytearray(), bytearray(), ""
        self.fifo: deque[tuple[str, float, list[int]]] = deque()
        self.running: tuple[str, float, list[int]] | None = None
        self.moved_s = 0.0  # that its moves took
        self.steps = (0, 0)
        self.label = 0
        self.motors = 0  # steps of a full one, 0 when they are off
        self.depth = 1  # moves that wait behind the one that runs
        self.lifting: tuple[float, float] | None = None  # when the pen arrives, and where
        self._origin = at
        self._now = self._since = 0.0
        self._from = (0, 0)

    @property
    def busy(self) -> bool:
        """Whether time matters now."""
        return bool(self.running or self.fifo or self.rx or self.line or self.out)

    def receive(self, data: bytes) -> None:
        """Read bytes that arrived."""
        self.rx += data

    def advance(self, now: float) -> None:
        """Work until `now`."""
        is_new = True
        while is_new or self._now < now:
            self._run(now)
            is_new = self._read()

    def _read(self) -> bool:
        """Execute commands while there is room for their moves; return whether there were any."""
        obeyed = False
        while self.line or (end := self.rx.find(b"\r")) >= 0:
            if not self.line:
                self.line = self.rx[:end].decode("latin-1").strip().upper()
                del self.rx[: end + 1]
            name, *fields = self.line.split(",")
            if name in ("SM", "SP") and len(self.fifo) >= self.depth:
                break
            self.line, obeyed = "", True
            if name:
                self.execute(name, [int(field) for field in fields])
        return obeyed

    def _run(self, now: float) -> None:
        """Move until `now`, or until there is room for a command that waits."""
        while self.running or self.fifo:
            name, seconds, numbers = self.running or self._begin()
            until = min(now, self._since + seconds)
            if self.lifting is not None:  # ink begins or ends where the pen arrives
                until = min(until, max(self.lifting[0], self._now))
            share = (until - self._since) / seconds if seconds else 1.0
            if name == "SM":
                a, b = (round(f + n * share) for f, n in zip(self._from, numbers, strict=True))
                self.steps = a, b
                x, y = (a + b) / 2 / STEPS_MM, (a - b) / 2 / STEPS_MM
                self.move((self._origin[0] + x, self._origin[1] + y), until)
            self._now = until
            self.settle(until)
            if until < self._since + seconds:
                if until == now:
                    return
                continue
            self._now, self.running = self._since + seconds, None
            self.moved_s += seconds
            if self.line and self.fifo:
                self._begin()
                return
        self._now = now
        self.settle(now)

    def _begin(self) -> tuple[str, float, list[int]]:
        """Begin the next move, and return it."""
        self.running = self.fifo.popleft()
        self._since, self._from = self._now, self.steps
        if self.running[0] == "SP":
            state, *pin = self.running[2]
            self.pen(state == 0, self._now, *pin)
        return self.running

    def pen(self, down: bool, now: float, pin: int = 1) -> None:
        """Lower or lift the pen by the servo at a pin."""
        self.down = down

    def settle(self, now: float) -> None:
        """Let a `lifting` pen arrive, if that takes time."""

    def move(self, to: Point, now: float) -> None:
        """Move the carriage in a straight line."""
        self.at = to

    def execute(self, name: str, numbers: list[int]) -> None:
        """Execute one command, and answer."""
        answer = {
            "ES": "1,0,0,0,0", "QS": f"{self.steps[0]},{self.steps[1]}", "QL": f"{self.label}",
            "QB": "0", "QC": f"0394,{self.power:04}",
            "QE": f"{self.motors},{self.motors}",
            "V": f"EBBv13_and_above EB Firmware Version {self.version}",
        }.get(name, "")  # fmt: skip
        match name:
            case "SM" if not numbers[0] or max(map(abs, numbers[1:])) > 25 * numbers[0]:
                self.out += b"!0 Err: <axis1> step rate too high\r\n"
                return
            case "SM":
                self.fifo.append((name, numbers[0] / 1000, numbers[1:]))
                self.motors = self.motors or 16
            case "SP":
                self.fifo.append((name, sum(numbers[1:2]) / 1000, [*numbers[:1], *numbers[2:3]]))
            case "EM":
                self.steps, self._origin = (0, 0), self.at
                self.motors = (0, 16, 8, 4, 2, 1)[numbers[0]]
            case "ES":
                self.fifo.clear()
                if self.running and self.running[0] == "SM":
                    self.running = None
            case "SL":
                self.label = numbers[0]
            case _ if not answer and name not in ("CU", "SC"):
                self.out += b"!8 Err: Unknown command\r\n"
                return
        self.reply(name, answer)

    def reply(self, name: str, values: str) -> None:
        """Answer in the old syntax: the version has no OK."""
        if values:
            self.out += f"{values}\n\r".encode()
        if name != "V":
            self.out += b"OK\r\n"


class Simulator(EbbEmulator):
    """A board at a port that `link` leads to, `scale` times as fast as real time."""

    def __init__(self, link: Path, scale: float) -> None:
        super().__init__((0.0, 0.0), down=False)
        self.scale = scale
        self.port, inner = os.openpty()
        tty.setraw(inner)
        os.set_blocking(self.port, False)
        link.symlink_to(os.ttyname(inner))

    def serve(self) -> None:
        """Answer until nothing has been heard for half a day."""
        begun = heard = time.monotonic()
        while (now := time.monotonic()) - heard < _ALONE_S:
            select.select([self.port], [], [], _TICK_S if self.busy else _IDLE_S)
            with contextlib.suppress(BlockingIOError):
                self.receive(os.read(self.port, 4096))
                heard = now
            self.advance((time.monotonic() - begun) * self.scale)
            with contextlib.suppress(BlockingIOError):
                del self.out[: os.write(self.port, self.out)]


if __name__ == "__main__":
    Simulator(Path(sys.argv[1]), float(sys.argv[2])).serve()
