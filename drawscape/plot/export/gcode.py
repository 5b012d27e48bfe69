"""G-code for plotters that are CNC machines at heart: GRBL, Marlin, FluidNC, LinuxCNC."""

from __future__ import annotations

import itertools
import math
import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

import numpy as np
import orjson

from drawscape.errors import PlotError, UnknownNameError
from drawscape.svg.read import Document, Layer

_MM_PER_INCH = 25.4


@dataclass(frozen=True, kw_only=True)
class GcodeProfile:
    """What a machine wants to be told: commands may hold several lines, feeds are in mm/min.

    `travel_feed` None travels with G0, as fast as the machine can. `layer_change` stands between layers;
    `{name}` and `{color}` in it become the layer's. With `flip_y` the origin is the sheet's lower left
    corner and y points up, as on most machines.
    """

    pen_up: str = "M3 S0\nG4 P0.15"
    pen_down: str = "M3 S90\nG4 P0.2"
    draw_feed: float = 3000.0
    travel_feed: float | None = None
    units: Literal["mm", "in"] = "mm"
    flip_y: bool = True
    decimals: int = 3
    start: str = ""
    end: str = "G0 X0 Y0"
    layer_change: str = "M0 (pen: {name})"

    def __post_init__(self) -> None:
        if self.units not in ("mm", "in"):
            raise PlotError(f"units={self.units!r}: G-code counts in 'mm' or 'in'")
        for name in ("draw_feed", "travel_feed"):
            feed = getattr(self, name)
            if feed is not None and not (math.isfinite(feed) and feed > 0):
                raise PlotError(f"{name}={feed!r}: give a positive feed in mm/min")
        # With more, the smallest numbers would be written with exponents, which G-code has not.
        if not 0 <= self.decimals <= 4:
            raise PlotError(f"decimals={self.decimals!r}: give 0 to 4")


PROFILES: dict[str, GcodeProfile] = {
    "servo": GcodeProfile(),
    "z-axis": GcodeProfile(
        pen_up="G0 Z5", pen_down="G1 Z0 F1000", end="G0 Z5\nG0 X0 Y0", draw_feed=2400
    ),
    "marlin-servo": GcodeProfile(
        pen_up="M280 P0 S60\nG4 P150", pen_down="M280 P0 S30\nG4 P200", start="G28 X Y"
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
    base = values.pop("base", "servo")
    if base not in PROFILES:
        raise UnknownNameError("G-code profile", str(base), PROFILES)
    return _with_values(PROFILES[base], values, path)


def _with_values(base: GcodeProfile, values: dict[str, object], path: Path) -> GcodeProfile:
    settings = {field.name: getattr(base, field.name) for field in fields(base)}
    for key, value in values.items():
        if key not in settings:
            raise UnknownNameError(f"setting in {str(path)!r}", key, settings)
        wanted = (int, float) if key.endswith("_feed") else type(settings[key])
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise PlotError(f"{path}: {key}={value!r} should be like {settings[key]!r}")
        settings[key] = value
    return GcodeProfile(**settings)


def to_gcode(document: Document, *, profile: GcodeProfile | None = None) -> str:
    """Return the drawing as G-code, in absolute coordinates, pen up at the beginning and the end."""
    profile = profile or GcodeProfile()
    parts = [f"({document.width_mm:g} x {document.height_mm:g} mm)"]
    parts += ["G21" if profile.units == "mm" else "G20", "G90", profile.start, profile.pen_up]
    for number, layer in enumerate(document.layers):
        if number:
            parts.append(_change(profile, layer))
        parts.append(f"(layer {_comment(layer.name)})")
        parts += _strokes(layer, document.height_mm, profile)
    parts += [profile.end, "M2"]
    return "\n".join(part for part in parts if part) + "\n"


def _change(profile: GcodeProfile, layer: Layer) -> str:
    text = profile.layer_change
    for key, value in (("{name}", layer.name), ("{color}", layer.color)):
        text = text.replace(key, _comment(value))
    return text


def _comment(text: str) -> str:
    """Return text that cannot end a comment or a line: a layer's name must not become a command."""
    return re.sub(r"[^ -~]|[()]", "_", text)


def _strokes(layer: Layer, height_mm: float, profile: GcodeProfile) -> Iterator[str]:
    unit = 1.0 if profile.units == "mm" else _MM_PER_INCH
    points = layer.lines.points
    y = height_mm - points[:, 1] if profile.flip_y else points[:, 1]
    places = np.round(np.stack((points[:, 0], y), axis=1) / unit, profile.decimals) + 0.0
    draw = f" F{profile.draw_feed / unit:g}"
    travel = "G0 X" if profile.travel_feed is None else "G1 X"
    feed = "" if profile.travel_feed is None else f" F{profile.travel_feed / unit:g}"
    bounds = layer.lines.offsets.tolist()
    for first, last in itertools.pairwise(bounds):
        if first == last:
            continue
        text = orjson.dumps(places[first:last], option=orjson.OPT_SERIALIZE_NUMPY)[2:-2].decode()
        begin, _, rest = text.partition("],[")
        yield travel + begin.replace(",", " Y") + feed
        yield profile.pen_down
        if rest:
            # The feed holds until it is changed.
            head, _, tail = rest.replace(",", " Y").replace("] Y[", "\nG1 X").partition("\n")
            yield "G1 X" + head + draw + ("\n" + tail if tail else "")
        yield profile.pen_up
