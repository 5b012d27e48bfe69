"""What G-code machines share: strokes are moves of the machine's profile, between pen-down and pen-up."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from drawscape.geometry.lines import Lines, Points, simplify
from drawscape.machine.driver import Command, Driver, Place
from drawscape.machine.plan import Section
from drawscape.machine.port import Port
from drawscape.plot.gcode_profile import GcodeProfile
from drawscape.plot.known_machines import Machine

_CUT_MM = 0.08  # how far ink may be off the plan when a line is lost


class GcodeDriver(Driver):
    """A machine that understands G-code; its profile says how the pen moves."""

    wait = "G4 P0.01"  # answered when all before it is done
    usual: tuple[str, ...] = ("G90",)
    planner = 16
    absolute = ""  # the prefix of a line with an absolute place
    _here = (0.0, 0.0)
    _down = 50.0  # the height in percent at which the pen draws
    _is_low = False  # whether the last lift was a low one

    def __init__(self, port: Port, machine: Machine, settings: dict[str, Any]) -> None:
        super().__init__(port, machine, settings)
        self.profile = machine.profile or GcodeProfile()
        self.modes = ["G21", *self.usual]
        self.barrier = (self.command(self.wait, lasts_s=1.0),)
        self.start = _rows(self.profile.command("start"))
        self.homing = [row for row in self.start if "G28" in row.upper() or "$H" in row.upper()]
        self.moves_z = "Z" in self.profile.command("pen_up").upper()

    @property
    def shift(self) -> Place:
        """The offset in mm from coordinates on the sheet to the machine's coordinates."""
        return self.zero or (0.0, 0.0)

    def command(
        self,
        text: str,
        stroke: int = 0,
        lasts_s: float = 0.0,
        corner: bool = False,
        at: Place | None = None,
    ) -> Command:
        """Return a line of G-code as it is sent."""
        return Command(text.encode("ascii") + b"\n", stroke, lasts_s, corner, at)

    def set_modes(self) -> None:
        start = [row for row in self.start if row not in self.homing]
        self.run(self.command(row, lasts_s=20.0) for row in [*self.modes, *start])

    def prepare(self) -> None:
        self.set_modes()
        self.restore_z()
        self.run(self.pen_up())

    def restore_z(self) -> None:
        """Make Z count from the paper again."""

    def travel(self, x: float, y: float) -> Iterator[Command]:
        far_mm = np.hypot(x - self._here[0], y - self._here[1])
        lasts_s = 0.1 + 2 * far_mm / self.plotter.travel_speed
        self._here = (x, y)
        ((across, up),) = self._places(np.array([[x, y]])).tolist()
        feed = self.profile.travel_feed
        how = f"G0 X{across} Y{up}" if feed is None else f"G1 X{across} Y{up} F{feed:g}"
        yield self.command(self.absolute + how, lasts_s=lasts_s, corner=True)

    def travel_z(self, by_mm: float) -> Iterator[Command]:
        if not self.moves_z:
            yield from super().travel_z(by_mm)
        way = by_mm if self.profile.z_points_up else -by_mm
        lasts_s = abs(by_mm)  # even if the axis is slow
        yield self.command("G91", corner=True)
        yield self.command(f"G1 Z{way:.4f} F300", 0, lasts_s, True)
        yield self.command("G90", corner=True)

    def _places(self, points: Points) -> Points:
        return np.round(points + self.shift, self.profile.decimals) + 0.0

    def pen_up(self, stroke: int = 0, *, low: bool = False) -> Iterator[Command]:
        profile, up = self.profile, self.settings.get("up_percent")
        has_heights = "{down}" in profile.pen_down
        self._is_low = low and has_heights
        text = profile.command("pen_up")
        if self._is_low:
            up = 100.0 if up is None else up
            text = profile.down(self._down + profile.low * (up - self._down))
        elif up is not None and has_heights:
            text = profile.down(up)
        dwell_s = sum(profile.dwell_s(row) for row in _rows(profile.command("pen_up")))
        yield from self._pen_rows(text, dwell_s, stroke)

    def pen_down(self, section: Section | None = None) -> Iterator[Command]:
        self._down = self.settings.get("down_percent", self.profile.down_percent)
        if section is not None and section.motion.height is not None:
            self._down = section.motion.height
        text = self.profile.down(self._down)
        yield from self._pen_rows(text, sum(self.profile.dwell_s(row) for row in _rows(text)), 0)

    def _pen_rows(self, text: str, dwell_s: float, stroke: int) -> Iterator[Command]:
        """Yield the rows of a pen's move and its dwell; nothing is sent before it is answered."""
        rows = _rows(text)
        if self._is_low or not rows or not self.profile.dwell_s(rows[-1]):
            rows = [row for row in rows if not self.profile.dwell_s(row)]
            rows.append(self._dwell(dwell_s))
        for row in rows[:-1]:
            yield self.command(row, 0, self._pen_s(row))
        at = self._here if stroke else None
        yield self.command(rows[-1], stroke, self._pen_s(rows[-1]), corner=True, at=at)

    def _dwell(self, seconds: float) -> str:
        """Return a dwell, which also waits for all before it; it is shorter around a low lift."""
        ms = round(1000 * seconds * (self.profile.low_time if self._is_low else 1.0))
        return self.profile.command("dwell", s=f"{ms / 1000:g}", ms=f"{ms}") if ms else self.wait

    def _pen_s(self, row: str) -> float:
        return 0.1 + self.profile.dwell_s(row) + (1.0 if self.moves_z else 0.0)

    def line(self, points: Points, section: Section) -> Iterator[Command]:
        feed = self.profile.feed(section.motion) * self.speed
        far = np.cumsum(np.hypot(*np.diff(points, axis=0, prepend=points[:1]).T)).tolist()
        kept = simplify(Lines(points, np.array([0, len(points)])), _CUT_MM).points
        corners = np.isin(points @ (1, 1j), kept @ (1, 1j)).tolist()
        corners[-1] = False  # without the last point the stroke is too short, and is drawn again
        speed_word = f" F{feed:g}"
        places = self._places(points)
        for number, (x, y) in enumerate(places.tolist()[1:], start=1):
            lasts_s = 0.05 + (far[number] - far[number - 1]) / (feed / 60)
            move = self._move(f"G1 X{x} Y{y}", places[number] - places[number - 1])
            yield self.command(move + speed_word, 0, lasts_s, corners[number])
            speed_word = ""
        self._here = (float(points[-1][0]), float(points[-1][1]))

    def _move(self, row: str, way: Points) -> str:
        """Return a move with the pen down, as a row with its place or its way (2,)."""
        return row


def _rows(text: str) -> list[str]:
    return [row.strip() for row in text.split("\n") if row.strip()]
