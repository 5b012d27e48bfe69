"""Pen plotters of the eighties: HPGL over a serial line, never more than fits into the buffer.

Source: HP 7470A interfacing and programming manual. `ESC.B` asks for free bytes and is answered at once.
`OA;` waits in the buffer: its answer proves that the stroke before it is drawn, and where.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from drawscape.drawing.document import Document
from drawscape.errors import MachineError
from drawscape.geometry.lines import Points
from drawscape.machine.driver import Command, Driver, Place
from drawscape.machine.plan import Section
from drawscape.machine.port import Port
from drawscape.plot.hpgl_export import Placing, placed
from drawscape.plot.known_machines import Machine

_CHUNK = 44  # bytes of an instruction: the smallest of these plotters has a buffer of 60
_FLOW = b"\x11\x13"  # Xon and Xoff, which switches at the back or another program have set
_LISTEN = b"\x1b.(\x1b.R"  # another program may have switched it off, or changed its answers
_ASK_S = 0.05
_ALIVE_S = 1.0  # free bytes are answered at once; after that the answer is lost
_LOOK_S = 0.3
_TRAVEL_S = 1.2  # from one end of the largest sheet to the other
_QUESTIONS = 3  # unanswered queries until the plotter counts as silent
_DRAW_S = 30.0  # how long a full buffer may take to draw


class HpglDriver(Driver):
    """An HP 7475A or compatible; places are in mm of the page."""

    title = "HPGL plotter"
    baudrate = 9600
    silence_s = 3.0
    line_end = b"\r"
    changes_pens = True
    known = True  # it always knows its corner
    barrier = (Command(b"OA;"),)
    _free = 0
    _room = 0  # the most bytes that were ever free
    _asked_s: float | None = None
    _questions = _repeats = 0  # unanswered queries: for free bytes, and for a place
    _before_s = 0.0  # the time of all commands since the last query
    _extra = 0  # second answers that may still arrive
    _looked_s = 0.0
    _last: tuple[int, int] | None = None  # where the last stroke ended
    _set_speed = "VS;"
    _speed_mm_s, _line_s = 381.0, 1.0

    def __init__(self, port: Port, machine: Machine, settings: dict[str, Any]) -> None:
        super().__init__(port, machine, settings)
        self._ends: dict[int, tuple[int, int]] = {}  # of strokes that were sent, by number

    def connect(self, *, may_reset: bool = False) -> None:
        first = _LISTEN + b"\x1b.K;PU;" if may_reset else b";"
        name = self.ask(first + b"OI;", rb"([\w.-]{3,12})\r", self.silence_s)[1]
        self.firmware = f"HPGL plotter {name.decode(errors='replace')}"

    @property
    def _placed(self) -> Placing:
        return placed(Document(*self.sheet, ()), self.machine.device)

    def prepare(self) -> None:
        paper = self._placed.paper
        ps = "" if paper.ps is None else f"PS{paper.ps};"
        self._set_speed = "VS;"
        self.run([Command(f"IN;DF;{ps}PU;".encode())])

    def position(self) -> Place:
        found = self.ask(b"OA;", rb"(-?\d+),(-?\d+),\d+[^\r]*\r", _DRAW_S)
        back = self._placed.matrix.inverse()
        ((x, y),) = back.apply(np.array([[int(found[1]), int(found[2])]], dtype=float)).tolist()
        return x, y

    def travel(self, x: float, y: float) -> Iterator[Command]:
        ((a, b),) = self._placed.units(np.array([[x, y]]))
        yield Command(f"PU{a},{b};".encode(), lasts_s=_TRAVEL_S)

    def park(self) -> Iterator[Command]:
        x, y = self._placed.paper.park
        yield Command(f"PU{x},{y};".encode(), lasts_s=_TRAVEL_S)

    def take_over(self) -> None:
        self.port.write(_LISTEN + b"\x1b.K;PU;")

    def pen_up(self, stroke: int = 0, *, low: bool = False) -> Iterator[Command]:
        yield Command(b"PU;OA;", stroke, self._line_s) if stroke else Command(b"PU;")

    def pen_down(self, section: Section | None = None) -> Iterator[Command]:
        yield Command(b"PD;")

    def change_pen(self, number: int) -> Iterator[Command]:
        most = self._placed.plotter.pens
        yield Command(f"PU;SP{(number - 1) % most + 1 if number else 0};".encode(), lasts_s=4.0)

    def stroke(
        self, points: Points, section: Section, number: int, *, low: bool = False
    ) -> Iterator[Command]:
        self._ends[number] = self._placed.units(points)[-1]
        yield from self._speed(section)
        yield from super().stroke(points, section, number)

    def _speed(self, section: Section) -> Iterator[Command]:
        asked = section.motion.speed
        part = self.speed * (100.0 if asked is None else asked) / 100
        is_full = asked is None and part == 1.0
        top = self._placed.plotter.top_speed
        speed_cm_s = max(round(top * part), 1)
        speed = "VS;" if is_full else f"VS{speed_cm_s};"
        self._speed_mm_s = 10.0 * speed_cm_s
        if speed != self._set_speed:
            yield Command(speed.encode())
        self._set_speed = speed

    def line(self, points: Points, section: Section) -> Iterator[Command]:
        # pen_down has lowered the pen; each further PD only moves it.
        row = "PD"
        for x, y in self._placed.units(points)[1:]:
            word = f"{x},{y}"
            if len(row) + len(word) > _CHUNK:
                yield Command(f"{row};".encode())
                row = "PD"
            row += word if row == "PD" else f",{word}"
        yield Command(f"{row};".encode())
        length_mm = np.hypot(*np.diff(points, axis=0).T).sum()
        self._line_s = 1.0 + len(points) * 0.05 + length_mm / self._speed_mm_s

    def fits(self, command: Command) -> bool:
        if self._asked_s is not None:  # the answer would not include commands sent now
            self.check()
            return False
        if self._free >= len(command.text) + 2:
            return True
        self._ask_room()
        return False

    def _ask_room(self) -> None:
        self._asked_s = time.monotonic()
        self._questions += 1
        if self._questions > _QUESTIONS:
            raise self.silent(_QUESTIONS * _ALIVE_S)
        self.port.write(b"\x1b.B")

    def send(self, command: Command) -> None:
        self._free -= len(command.text)
        if command.text.endswith(b"OA;"):
            super().send(replace(command, lasts_s=command.lasts_s + self._before_s))
            self._before_s = 0.0
        else:
            self._before_s += command.lasts_s  # the next answer has to wait for it
            self.port.write(command.text)

    def take(self, line: bytes) -> None:
        line = line.translate(None, _FLOW)
        if line.isdigit() and self._asked_s is not None:
            self._take_room(int(line))
        elif found := re.fullmatch(rb"(-?\d+),(-?\d+),(\d+)(?:,.*)?", line):
            self._take_place((int(found[1]), int(found[2])))
        else:
            raise self.garbled(line)

    def _take_room(self, room: int) -> None:
        self._asked_s, self._questions = None, 0
        if room <= self._free:  # full: ask again, but not at once
            time.sleep(_ASK_S)
        self._free = room
        self._room = max(self._room, room)
        is_late = self.overdue_s > 0.0
        # An empty buffer has answered everything: a missing answer is lost, and is queried again.
        if is_late and room >= self._room:
            self._repeats += 1
            if self._repeats > _QUESTIONS:
                raise self.silent(self.silence_s)
            self._extra += 1
            self._free -= len(b"OA;")
            self.port.write(b"OA;")

    def _take_place(self, place: tuple[int, int]) -> None:
        """Handle the answer to the oldest query, or to a later one: then earlier answers are lost."""
        planned = [self._ends.get(one.stroke, place) for one in self.pending]
        close = [max(abs(place[0] - x), abs(place[1] - y)) <= 2 for x, y in planned]
        if True in close:
            for _ in range(close.index(True) + 1):
                self._ends.pop(self.pending[0].stroke, None)
                self.acknowledge()
            self._repeats, self._last = 0, place
        elif self._extra and place == self._last:
            self._extra -= 1  # the second answer to a repeated query
        elif planned:
            raise MachineError(
                f"the pen is at {place} where {planned[0]} was drawn: data were lost, or it was out of reach"
            )
        else:
            self.acknowledge()  # raises: nothing was asked

    def check(self) -> None:
        now = time.monotonic()
        if self._asked_s is not None:
            if now - self._asked_s > _ALIVE_S:  # this answer is lost
                self._ask_room()
        elif self.pending and now - self._looked_s > _LOOK_S:
            self._looked_s = now
            self._ask_room()  # a plotter paused at its panel answers, too

    def forget(self) -> None:
        super().forget()
        self._ends.clear()
        self._questions = self._repeats = self._extra = 0
        self._free, self._asked_s = 0, None

    def halt(self) -> None:
        """Empty the buffer; the vector that is being drawn ends, then the pen goes up."""
        self.rescue()
        self.quiet(0.1)
        self.forget()
        self._set_speed = "VS;"

    def rescue(self) -> None:
        self.port.write(b"\x1b.K;PU;")
