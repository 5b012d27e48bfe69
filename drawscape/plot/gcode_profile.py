"""A G-code machine as data: its commands, feeds and reach."""

import math
import os
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from drawscape.drawing.document import Motion
from drawscape.drawing.values import check_number
from drawscape.errors import ParameterError, PlotError, UnknownNameError
from drawscape.parameters import check_arguments, read_parameters
from drawscape.plot.lifts import LiftTimes

_COMMANDS = ("pen_up", "pen_down", "start", "end", "layer_change", "pause", "dwell")
_WORD = re.compile(r"([A-Z])\s*([-+]?(?:\d+\.?\d*|\.\d+))", re.IGNORECASE)
_Z_ACCELERATION = 250.0
"""In mm/s², the usual value of GRBL's $122."""
_COMMENT = re.compile(r"\(.*?\)|;.*")


@dataclass(frozen=True, kw_only=True)
class GcodeProfile:
    """A machine's commands, which may hold several lines, its feeds in mm/min and its limits in mm.

    `{down}` in `pen_down` becomes the pen's height: `down_percent` of the way between the two values of
    `down_range`, unless a layer asks for another (`+H60`).
    `travel_feed` None travels with G0, as fast as the machine can. A layer's speed (`+S30`) is a percentage
    of `top_feed`. `layer_change` is inserted between layers, `pause` where a layer asks for it (`!`).
    `{name}` and `{color}` in them become the layer's, `{s}` and `{ms}` in `dwell` the layer's delay. With
    `flip_y` the origin is the sheet's lower left corner and y points up, as on most machines. Coordinates
    have `decimals` digits after the point. `width_mm` and `height_mm` are the machine's reach from the
    origin, if known. The pen is lifted before `start`, which may home.
    Raises PlotError for contradictory values.
    """

    pen_up: str = "M3 S0\nG4 P0.15"
    pen_down: str = "M3 S{down}\nG4 P0.2"
    down_range: tuple[float, float] = (180.0, 0.0)
    down_percent: float = 50.0
    draw_feed: float = 3000.0
    top_feed: float = 12000.0
    travel_feed: float | None = None
    flip_y: bool = True
    decimals: int = 3
    start: str = ""
    end: str = "G0 X0 Y0"
    layer_change: str = "M0 (pen: {name})"
    pause: str = "M0 (pause: {name})"
    dwell: str = "G4 P{s}"
    width_mm: float | None = None
    height_mm: float | None = None

    def __post_init__(self) -> None:
        for name in ("draw_feed", "top_feed", "travel_feed", "width_mm", "height_mm"):
            value = getattr(self, name)
            if value is not None:
                check_number(**{name: value})
        # With more, the smallest numbers would have exponents, which G-code does not allow.
        if not 0 <= self.decimals <= 4:
            raise PlotError(f"decimals={self.decimals!r}: give 0 to 4")
        for name in _COMMANDS:
            text = getattr(self, name)
            if not text.isascii():
                raise PlotError(f"{name}={text!r}: G-code is plain ASCII")
            if {("G", 20.0), ("G", 21.0)} & {*_words(text)}:
                raise PlotError(f"{name}={text!r} switches the units; lengths are in mm")

    def lift_s(self, name: Literal["pen_up", "pen_down"], part: float = 1.0) -> float:
        """Return the seconds that a command dwells and moves the pen a `part` of its way along Z.

        >>> GcodeProfile(pen_up="M3 S0\\nG4 P0.15").lift_s("pen_up")
        0.15
        """
        down, up = self.down(None), self.command("pen_up")
        text = down if name == "pen_down" else up
        last_z = [dict(_words(text)).get("Z", 0.0) for text in (down, up)]
        way, seconds = abs(last_z[0] - last_z[1]), 0.0
        for row in text.split("\n"):
            words = dict(_words(row))
            seconds += self.dwell_s(row)
            if "Z" in words:
                seconds += _from_rest_to_rest_s(part * way, words.get("F", self.top_feed) / 60)
        return seconds

    @property
    def has_z(self) -> bool:
        """Whether a Z axis moves the pen."""
        return "Z" in dict(_words(self.command("pen_up")))

    @property
    def low(self) -> float:
        """The part of the way up that is enough for a short hop, by a Z axis or a servo."""
        return 0.3 if self.has_z else 0.6

    @property
    def low_time(self) -> float:
        """The part of a servo's time that a low lift takes: a quarter of the time is constant."""
        return 0.25 + 0.75 * self.low

    def low_lift(self, raise_s: float, lower_s: float) -> LiftTimes:
        """Return the times of a pen that is raised for a short hop."""
        if self.has_z:  # with the feed of `pen_down`
            low_s = self.lift_s("pen_down", self.low)
            return LiftTimes(low_s, low_s)
        return LiftTimes(raise_s * self.low_time, lower_s * self.low_time)

    def dwell_s(self, row: str) -> float:
        """Return the seconds that a row of commands dwells: S is in seconds, P in the unit of `dwell`."""
        words = dict(_words(row))
        p_s = 0.001 if "{ms}" in self.dwell else 1.0
        return words.get("S", words.get("P", 0.0) * p_s) if words.get("G") == 4 else 0.0

    def feed(self, motion: Motion) -> float:
        """Return the speed of a layer that asks for `motion`, in mm/min."""
        asked = motion.speed
        return self.draw_feed if asked is None else self.top_feed * asked / 100

    def command(self, name: str, /, **values: str) -> str:
        """Return the command `name` with `values` filled in."""
        text = getattr(self, name)
        for key, value in values.items():
            text = text.replace("{" + key + "}", value)
        return text

    @property
    def z_points_up(self) -> bool:
        """Whether Z grows when the pen goes up."""
        up, down = (
            dict(_words(text)).get("Z", 0.0) for text in (self.command("pen_up"), self.down(None))
        )
        return up >= down

    def down(self, percent: float | None) -> str:
        """Return what lowers the pen to `percent` of its height, or to the profile's own."""
        low, high = self.down_range
        height = low + (high - low) * (self.down_percent if percent is None else percent) / 100
        return self.command("pen_down", down=f"{height:g}")


def _from_rest_to_rest_s(way_mm: float, speed: float) -> float:
    if way_mm < speed**2 / _Z_ACCELERATION:
        return 2 * math.sqrt(way_mm / _Z_ACCELERATION)
    return way_mm / speed + speed / _Z_ACCELERATION


def _words(text: str) -> list[tuple[str, float]]:
    """Return the letters of commands with their numbers, without comments."""
    found = _WORD.findall(_COMMENT.sub("", text))
    return [(letter.upper(), float(digits)) for letter, digits in found]


PROFILES: dict[str, GcodeProfile] = {
    "servo": GcodeProfile(),
    "z-axis": GcodeProfile(
        pen_up="G0 Z5",
        pen_down="G1 Z{down} F1000",
        down_range=(-5.0, 5.0),
        end="G0 Z5\nG0 X0 Y0",
        draw_feed=2400,
        top_feed=9600,
    ),
    "marlin-servo": GcodeProfile(
        pen_up="M280 P0 S60\nG4 P150",
        pen_down="M280 P0 S{down}\nG4 P200",
        down_range=(0.0, 60.0),
        # Marlin runs a G0 without F at the last feed, that of drawing.
        travel_feed=12000,
        start="G28 X Y",
        end="G0 X0 Y0 F12000",
        dwell="G4 P{ms}",
    ),
}


def read_profile(name: str | os.PathLike[str]) -> GcodeProfile:
    """Return a profile by its name, or read from a TOML file that holds the fields to change.

    A `base` in the file names the profile to start from. Raises UnknownNameError for a name that is
    neither, PlotError for a file that does not fit.
    """
    if str(name) in PROFILES:
        return PROFILES[str(name)]
    return profile_of(read_toml(name, "G-code profile", PROFILES), str(name))


def read_toml(path: str | os.PathLike[str], what: str, known: Iterable[str]) -> dict[str, Any]:
    """Return the content of a TOML file; `known` are names that may be given instead.

    Raises what `read_profile` raises.
    """
    if Path(path).suffix != ".toml":
        raise UnknownNameError(f"{what} (or .toml file)", path, known)
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PlotError(f"{what} {str(path)!r} cannot be read: {error}") from error


def profile_of(values: dict[str, Any], source: str) -> GcodeProfile:
    """Return the profile that `values`, read from `source`, describe; `base` names the one to start from."""
    given = dict(values)
    base_name = given.pop("base", "servo")
    if base_name not in PROFILES:
        raise UnknownNameError("G-code profile", base_name, PROFILES)
    base = PROFILES[base_name]
    try:
        given = check_arguments(read_parameters(GcodeProfile), given)
    except ParameterError as error:
        raise PlotError(f"{source}: {error}") from error
    return replace(base, **given)
