"""Pen plotters of the eighties: HPGL over a serial line, never more than the buffer has room for.

Source: HP 7470A interfacing and programming manual. `ESC.B` asks for free bytes and is answered at once.
`OA;` waits its turn in the buffer: its answer proves that the stroke before it is drawn, and where.
"""

import re
import time
from collections.abc import Iterator

import numpy as np

from drawscape.drawing.document import Document
from drawscape.errors import MachineError
from drawscape.geometry.lines import Points
from drawscape.machine.driver import Command, Driver
from drawscape.machine.plan import Section
from drawscape.plot.hpgl_export import Placing, placed

_CHUNK = 44  # bytes of an instruction: the smallest of these plotters has a buffer of 60
_FLOW = b"\x11\x13"  # Xon and Xoff, which switches at the back or another program have set
_ASK_S = 0.05
_ALIVE_S = 0.3
_DRAW_S = 30.0  # that a full buffer may take to be drawn


class HpglDriver(Driver):
    """An HP 7475A and what understands the same; places are in mm of the page."""

    title = "HPGL plotter"
    baudrate = 9600
    silence_s = 3.0
    line_end = b"\r"
    changes_pens = True
    knows_origin = True
    barrier = (Command(b"OA;"),)
    _free = 0
    _asked_s: float | None = None
    _set_speed = "VS;"

    def connect(self) -> None:
        self._ends: dict[int, tuple[int, int]] = {}
        name = self.ask(b"\x1b.K;PU;OI;", rb"([\w.-]{3,12})\r", self.silence_s)[1]
        self.firmware = f"HPGL plotter {name.decode(errors='replace')}"

    @property
    def _placed(self) -> Placing:
        return placed(Document(*self.sheet, ()), self.machine.device)

    def prepare(self) -> None:
        paper = self._placed.paper
        ps = "" if paper.ps is None else f"PS{paper.ps};"
        self._set_speed = "VS;"
        self.run([Command(f"IN;DF;{ps}PU;".encode())])

    def position(self) -> tuple[float, float]:
        found = self.ask(b"OA;", rb"(-?\d+),(-?\d+),\d+[^\r]*\r", _DRAW_S)
        back = self._placed.matrix.inverse()
        ((x, y),) = back.apply(np.array([[int(found[1]), int(found[2])]], dtype=float)).tolist()
        return x, y

    def travel(self, x: float, y: float) -> Iterator[Command]:
        ((a, b),) = self._placed.units(np.array([[x, y]]))
        yield Command(f"PU{a},{b};".encode())

    def park(self) -> Iterator[Command]:
        x, y = self._placed.paper.park
        yield Command(f"PU{x},{y};".encode())

    def pen(self, down: bool, section: Section | None = None, stroke: int = 0) -> Iterator[Command]:
        yield Command(b"PD;" if down else b"PU;")

    def change_pen(self, number: int) -> Iterator[Command]:
        most = self._placed.plotter.pens
        yield Command(f"PU;SP{(number - 1) % most + 1 if number else 0};".encode())

    def stroke(self, points: Points, section: Section, number: int) -> Iterator[Command]:
        asked = section.motion.speed
        share = self.speed * (100.0 if asked is None else asked) / 100
        full = asked is None and share == 1.0
        speed = "VS;" if full else f"VS{max(round(self._placed.plotter.top_speed * share), 1)};"
        if speed != self._set_speed:
            yield Command(speed.encode())
        self._set_speed = speed
        places = self._placed.units(points)
        x, y = places[0]
        yield Command(f"PU{x},{y};".encode())
        row = "PD"
        for x, y in places[1:]:
            word = f"{x},{y}"
            if len(row) + len(word) > _CHUNK:
                yield Command(f"{row};".encode())
                row = "PD"
            row += word if row == "PD" else f",{word}"
        self._ends[number] = places[-1]
        yield Command(f"{row};".encode())
        yield Command(b"PU;OA;", number)

    def fits(self, command: Command) -> bool:
        if self._free >= len(command.text) + 2:
            return True
        if self._asked_s is None:
            self._ask_room()
        else:
            self.check()
        return False

    def _ask_room(self) -> None:
        self._asked_s = self._heard_s = time.monotonic()
        self.port.write(b"\x1b.B")

    def send(self, command: Command) -> None:
        self._free -= len(command.text)
        if command.text.endswith(b"OA;"):
            super().send(command)
        else:
            self.port.write(command.text)

    def take(self, line: bytes) -> None:
        line = line.translate(None, _FLOW)
        if line.isdigit() and self._asked_s is not None:
            self._asked_s, room = None, int(line)
            if room <= self._free:  # full: it is asked again, but not at once
                time.sleep(_ASK_S)
            self._free = room
        elif found := re.fullmatch(rb"(-?\d+),(-?\d+),(\d+)(?:,.*)?", line):
            place = int(found[1]), int(found[2])
            stroke = self.pending[0].stroke if self.pending else 0
            planned = self._ends.pop(stroke, place)
            if max(abs(place[0] - planned[0]), abs(place[1] - planned[1])) > 2:
                raise MachineError(
                    f"the pen is at {place} where {planned} was drawn: data were lost, or it was out of reach"
                )
            self.acknowledge()
        else:
            raise self.garbled(line)

    def check(self) -> None:
        if self._asked_s is not None:
            self.heard_within(self.silence_s)
        elif self.pending and time.monotonic() - self._heard_s > _ALIVE_S:
            self._ask_room()  # a plotter that is paused by hand answers, too

    def forget(self) -> None:
        super().forget()
        self._ends.clear()
        self._free, self._asked_s = 0, None

    def halt(self) -> None:
        """Empty the buffer; the vector that is being drawn ends, then the pen goes up."""
        self.rescue()
        self.quiet(0.1)
        self.forget()
        self._set_speed = "VS;"

    def rescue(self) -> None:
        self.port.write(b"\x1b.K;PU;")
