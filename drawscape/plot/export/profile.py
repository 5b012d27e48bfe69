"""What a machine needs in its G-code: commands, feeds, units, limits."""

import math
import os
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from drawscape.drawing.units import INCH
from drawscape.errors import PlotError, UnknownNameError

Units = Literal["mm", "in"]
_COMMANDS = ("pen_up", "pen_down", "start", "end", "layer_change", "pause", "dwell")
_WORD = re.compile(r"([A-Z])\s*([-+]?(?:\d+\.?\d*|\.\d+))", re.IGNORECASE)
_LENGTHS = "XYZIJRF"
_COMMENT = re.compile(r"\(.*?\)|;.*")


@dataclass(frozen=True, kw_only=True)
class GcodeProfile:
    """What a machine wants: commands may hold several lines; feeds are in mm/min, limits in mm.

    `units` are those of the file that is written. Lengths and feeds in the commands themselves are in
    `command_units` and are converted where the two differ; a profile that counts in inches has to declare
    in which units its commands are. `{down}` in `pen_down` becomes the pen's height: `down_percent` of
    the way between the two values of `down_range`, unless a layer asks for another (`+H60`).
    `travel_feed` None travels with G0, as fast as the machine can; `top_feed` is what a layer's speed
    (`+S30`) is a percentage of. `layer_change` stands between layers, `pause` where a layer asks for it
    (`!`), `{name}` and `{color}` in them become the layer's; `{s}` and `{ms}` in `dwell` the layer's
    delay. With `flip_y` the origin is the sheet's lower left corner and y points up, as on most
    machines. `width_mm` and `height_mm` are the machine's reach from the origin, if it is known. With
    `arcs`, runs of points on a circle become G2 and G3, `arc_tolerance_mm` off at most.
    Raises PlotError for values that make no sense together.
    """

    pen_up: str = "M3 S0\nG4 P0.15"
    pen_down: str = "M3 S{down}\nG4 P0.2"
    down_range: tuple[float, float] = (180.0, 0.0)
    down_percent: float = 50.0
    draw_feed: float = 3000.0
    top_feed: float = 12000.0
    travel_feed: float | None = None
    units: Units = "mm"
    command_units: Units | None = None
    flip_y: bool = True
    decimals: int = 3
    start: str = ""
    end: str = "G0 X0 Y0"
    layer_change: str = "M0 (pen: {name})"
    pause: str = "M0 (pause: {name})"
    dwell: str = "G4 P{s}"
    width_mm: float | None = None
    height_mm: float | None = None
    arcs: bool = False
    arc_tolerance_mm: float = 0.02

    def __post_init__(self) -> None:
        for name in ("units", "command_units"):
            value = getattr(self, name)
            if value not in ("mm", "in") and (name == "units" or value is not None):
                raise PlotError(f"{name}={value!r}: G-code counts in 'mm' or 'in'")
        for name in ("draw_feed", "top_feed", "travel_feed", "width_mm", "height_mm"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise PlotError(f"{name}={value!r}: give a positive number")
        # With more, the smallest numbers would be written with exponents, which G-code has not.
        if not 0 <= self.decimals <= 4:
            raise PlotError(f"decimals={self.decimals!r}: give 0 to 4")
        if not self.arc_tolerance_mm > 0:
            raise PlotError(f"arc_tolerance_mm={self.arc_tolerance_mm!r}: give a positive length")
        for name in _COMMANDS:
            self._check_command(name, getattr(self, name))

    def _check_command(self, name: str, text: str) -> None:
        bare = _COMMENT.sub("", text)
        if re.search(r"\bG2[01]\b", bare, re.IGNORECASE):
            raise PlotError(f"{name}={text!r} switches the units; set units='mm' or 'in' instead")
        if self.units == "in" and self.command_units is None and _holds_lengths(bare):
            raise PlotError(
                f"{name}={text!r} holds lengths; set command_units='mm' or 'in', since units='in'"
            )

    def command(self, name: str, /, **values: str) -> str:
        """Return the command `name` with `values` filled in and its lengths in the file's units."""
        text: str = getattr(self, name)
        for key, value in values.items():
            text = text.replace("{" + key + "}", value)
        return converted(text, self.command_units or "mm", self.units)

    def down(self, percent: float | None) -> str:
        """Return what lowers the pen to `percent` of its height, or to the profile's own."""
        low, high = self.down_range
        height = low + (high - low) * (self.down_percent if percent is None else percent) / 100
        return self.command("pen_down", down=f"{height:g}")


def converted(text: str, given: Units, wanted: Units) -> str:
    """Return commands with the lengths and feeds of their movements in other units."""
    if given == wanted:
        return text
    factor = 1 / INCH if wanted == "in" else INCH

    def number(match: re.Match[str]) -> str:
        letter, digits = match.groups()
        if letter.upper() not in _LENGTHS:
            return match[0]
        # Plain decimals: an exponent means something else to G-code.
        return f"{letter}{float(digits) * factor:.5f}".rstrip("0").rstrip(".")

    rows = (_WORD.sub(number, row) if _moves(row) else row for row in text.split("\n"))
    return "\n".join(rows)


def _moves(row: str) -> bool:
    """Return whether the row's numbers are lengths: a G-code that does not dwell, without an M-code."""
    words = [
        (letter.upper(), float(digits)) for letter, digits in _WORD.findall(_COMMENT.sub("", row))
    ]
    codes = [digits for letter, digits in words if letter == "G"]
    moves = not codes or any(code != 4 for code in codes)
    return moves and not any(letter == "M" for letter, _ in words) and "$" not in row


def _holds_lengths(text: str) -> bool:
    return any(
        letter.upper() in _LENGTHS and float(digits) != 0
        for row in text.replace("{down}", "1").split("\n")
        if _moves(row)
        for letter, digits in _WORD.findall(row)
    )


PROFILES: dict[str, GcodeProfile] = {
    "servo": GcodeProfile(),
    "z-axis": GcodeProfile(
        pen_up="G0 Z5",
        pen_down="G1 Z{down} F1000",
        down_range=(-5.0, 5.0),
        end="G0 Z5\nG0 X0 Y0",
        draw_feed=2400,
        top_feed=9600,
        command_units="mm",
    ),
    "marlin-servo": GcodeProfile(
        pen_up="M280 P0 S60\nG4 P150",
        pen_down="M280 P0 S{down}\nG4 P200",
        down_range=(0.0, 60.0),
        start="G28 X Y",
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
    path = Path(name)
    if path.suffix != ".toml":
        raise UnknownNameError("G-code profile (or .toml file)", str(name), PROFILES)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PlotError(f"profile {str(path)!r} cannot be read: {error}") from error
    return profile_of(values, str(path))


def profile_of(values: dict[str, Any], source: str) -> GcodeProfile:
    """Return the profile that `values`, read from `source`, describe; `base` names where they start."""
    given = dict(values)
    base_name = given.pop("base", "servo")
    if base_name not in PROFILES:
        raise UnknownNameError("G-code profile", str(base_name), PROFILES)
    base = PROFILES[base_name]
    settings: dict[str, Any] = {field.name: getattr(base, field.name) for field in fields(base)}
    _check_units(settings, given, source)
    if given.get("command_units") in ("mm", "in"):
        for name in _COMMANDS:
            settings[name] = converted(
                settings[name], base.command_units or "mm", given["command_units"]
            )
        if "{down}" in settings["pen_down"] and _holds_lengths(settings["pen_down"]):
            scale = 1.0 if given["command_units"] == (base.command_units or "mm") else 1 / INCH
            settings["down_range"] = tuple(value * scale for value in settings["down_range"])
    for key, value in given.items():
        settings[key] = _checked(key, value, settings, source)
    return GcodeProfile(**settings)


def _check_units(settings: dict[str, Any], given: dict[str, Any], source: str) -> None:
    """Raise PlotError where the file's own commands hold lengths and it leaves open in which units."""
    inches = given.get("units", settings["units"]) == "in"
    if not inches or "command_units" in given:
        return
    for name in _COMMANDS:
        if _holds_lengths(_COMMENT.sub("", str(given.get(name, "")))):
            raise PlotError(
                f"{source}: {name}={given[name]!r} holds lengths; set command_units='mm' or 'in', "
                "since units='in'"
            )


def _checked(key: str, value: Any, settings: dict[str, Any], source: str) -> Any:
    if key not in settings:
        raise UnknownNameError(f"setting in {source!r}", key, settings)
    if key == "command_units":
        return value
    if key == "down_range":
        if isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)):
            return (float(value[0]), float(value[1]))
        raise PlotError(f"{source}: {key}={value!r} should be two numbers, at 0 and at 100 %")
    numeric = key.endswith(("_feed", "_mm", "_percent"))
    fits = _is_number(value) if numeric else type(value) is type(settings[key])
    if not fits:
        raise PlotError(f"{source}: {key}={value!r} should be like {settings[key]!r}")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
