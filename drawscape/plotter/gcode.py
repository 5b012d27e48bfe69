"""What GRBL and Marlin share: strokes as G-code of the machine's profile."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from drawscape.drawing.units import INCH
from drawscape.geometry.lines import Lines, Points
from drawscape.geometry.simplify import simplify
from drawscape.plot.export.gcode import Arc, GcodeProfile, arcs_and_points
from drawscape.plot.machine import Machine
from drawscape.plotter.driver import Command, Driver, Port
from drawscape.plotter.plan import Section

_CUT_MM = 0.08  # that ink may be off the plan when a line is lost


class GcodeDriver(Driver):
    """A machine that understands G-code; its profile says how the pen moves, and in which units."""

    sync = ""  # stands before a pen's move, where that would not wait for the planner
    barrier = "G4 P0.01"  # is answered when all before it is done
    usual: tuple[str, ...] = ("G90",)
    _here = (0.0, 0.0)

    def __init__(self, port: Port, machine: Machine, settings: dict[str, Any]) -> None:
        super().__init__(port, machine, settings)
        self.profile = machine.profile or GcodeProfile()
        self._mm = 1.0 if self.profile.units == "mm" else INCH
        self.modes = ["G21" if self.profile.units == "mm" else "G20", *self.usual]
        self.start = _rows(self.profile.command("start"))
        self.homing = [row for row in self.start if "G28" in row.upper() or "$H" in row.upper()]

    @property
    def shift(self) -> tuple[float, float]:
        """What is added to a place of the sheet for the coordinates that the machine works in, in mm."""
        return 0.0, 0.0

    def line(
        self, text: str, stroke: int = 0, lasts_s: float = 0.0, corner: bool = False
    ) -> Command:
        """Return the command of one line."""
        return Command(text.encode("ascii") + b"\n", stroke, lasts_s, corner)

    def prepare(self) -> None:
        start = [row for row in self.start if row not in self.homing]
        self.run(self.line(row, lasts_s=60.0) for row in [*self.modes, *start])
        self.run(self.pen(False))

    def settle(self) -> None:
        self.run([self.line(self.barrier, lasts_s=10.0)])

    def travel(self, x: float, y: float) -> Iterator[Command]:
        far_mm = float(np.hypot(x - self._here[0], y - self._here[1]))
        lasts_s = 0.5 + 2 * far_mm / self.plotter.travel_speed
        self._here = (x, y)
        ((across, up),) = self._places(np.array([[x, y]])).tolist()
        feed = self.profile.travel_feed
        how = f"G0 X{across} Y{up}" if feed is None else f"G1 X{across} Y{up} F{feed / self._mm:g}"
        yield self.line(how, lasts_s=lasts_s, corner=True)

    def _places(self, points: Points) -> Points:
        """Return points of the sheet in the machine's coordinates and units."""
        places: Points = np.round((points + self.shift) / self._mm, self.profile.digits) + 0.0
        return places

    def pen(self, down: bool, section: Section | None = None, stroke: int = 0) -> Iterator[Command]:
        percent = self.settings.get("down_percent" if down else "up_percent")
        if down and section is not None and section.motion.height is not None:
            percent = section.motion.height
        high = percent is not None and "{down}" in self.profile.pen_down
        text = self.profile.down(percent) if down or high else self.profile.command("pen_up")
        rows = [self.sync, *_rows(text)] if self.sync else _rows(text)
        if not (down or rows[-1].upper().startswith("G4")):
            rows.append(self.barrier)
        for index, row in enumerate(rows, 1):
            yield self.line(row, stroke * (index == len(rows)), 0.1 + self.dwell_s(row))

    def dwell_s(self, row: str) -> float:
        """Return how long a line makes the machine wait, in s."""
        match = re.match(r"\s*G0?4\s*P([\d.]+)", row, re.IGNORECASE)
        return float(match[1]) if match else 0.0

    def stroke(self, points: Points, section: Section, number: int) -> Iterator[Command]:
        yield from self.travel(*points[0].tolist())
        yield from self.pen(True, section)
        feed = self.profile.draw_feed
        if section.motion.speed is not None:
            feed = self.profile.top_feed * section.motion.speed / 100
        feed *= self.speed
        far = np.cumsum(np.hypot(*np.diff(points, axis=0, prepend=points[:1]).T)).tolist()
        kept = simplify(Lines(points, np.array([0, len(points)])), _CUT_MM).points
        corners = np.isin(points @ (1, 1j), kept @ (1, 1j)).tolist()
        corners[-1] = False  # without it the stroke is too short, and is drawn again
        word, here = f" F{feed / self._mm:g}", 0
        for row, last in self._moves(self._places(points)):
            lasts_s = 0.05 + (far[last] - far[here]) / (feed / 60)
            yield self.line(row + word, 0, lasts_s, corners[last] or not row.startswith("G1"))
            word, here = "", last
        self._here = (float(points[-1][0]), float(points[-1][1]))
        yield from self.pen(False, section, number)

    def _moves(self, places: Points) -> Iterator[tuple[str, int]]:
        """Yield each move with the point where it ends."""
        profile, here = self.profile, 0
        moves: Iterator[Arc | int] = iter(range(1, len(places)))
        if profile.arcs:
            moves = arcs_and_points(places, profile.arc_tolerance_mm / self._mm)
        for move in moves:
            last = move.last if isinstance(move, Arc) else move
            x, y = places[last].tolist()
            row = f"G1 X{x} Y{y}"
            if isinstance(move, Arc):
                i, j = move.cx - places[here][0], move.cy - places[here][1]
                code = "G3" if move.turn > 0 else "G2"
                row = f"{code} X{x} Y{y} I{i:.{profile.digits}f} J{j:.{profile.digits}f}"
            yield row, last
            here = last


def _rows(text: str) -> list[str]:
    """Return the lines of a profile's command."""
    return [row.strip() for row in text.split("\n") if row.strip()]
