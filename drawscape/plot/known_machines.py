"""Plotters that Drawscape knows, as data: reach, file format and speed (machines.toml)."""

import os
import tomllib
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from drawscape.drawing.document import Document
from drawscape.errors import PlotError, UnknownNameError
from drawscape.parameters import check_arguments, read_parameters
from drawscape.plot.formats import FORMATS, FormatName
from drawscape.plot.gcode_profile import GcodeProfile, profile_of, read_toml
from drawscape.plot.hpgl_export import placed
from drawscape.plot.lifts import DOWN_PERCENT, LIFTS, LOW, UP_PERCENT
from drawscape.plot.pages import Reach
from drawscape.plot.statistics import Plotter

# mm/s2; the usual value of GRBL's $120, for a machine without one.
_USUAL_ACCELERATION = 250.0
_SIDES = ("width_mm", "height_mm")
_MADE = ("name", "plotter", "profile")  # of a machine, from other parts of its file
# What a profile overrides in the machine that uses it.
_OF_PROFILE = ("draw_speed", "top_speed", "raise_s", "lower_s", "low_lift")


LiftName = Literal["standard", "brushless"]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A plotter: its reach in mm, its file format, and its speed.

    `profile` is for G-code machines, and has their reach; `device` is for HPGL. `lift` moves the pen of an
    AxiDraw or NextDraw.
    """

    name: str
    title: str
    width_mm: float
    height_mm: float
    format: FormatName
    plotter: Plotter
    profile: GcodeProfile | None = None
    device: str = "hp7475a"
    lift: LiftName = "standard"

    @property
    def is_up(self) -> bool:
        """Whether its y points up, from the sheet's lower left corner."""
        return self.format == "gcode" and (self.profile is None or self.profile.flip_y)

    def turns(self, width_mm: float, height_mm: float) -> bool:
        """Return whether a sheet of this size is laid on its side in the machine."""
        fits = width_mm <= self.width_mm and height_mm <= self.height_mm
        return not fits and self.format != "gcode" and width_mm <= self.height_mm

    def reach(self, document: Document) -> Reach:
        """Return the part within reach of a sheet that lies in the corner at the origin.

        If the machine's own software turns sheets (SVG, HPGL), a sheet that only fits across is turned.
        """
        return Reach.of_page(document).within(self.limits(document))

    def limits(self, document: Document) -> Reach:
        """Return its reach in mm of the sheet, also off the sheet; for HPGL it depends on the paper."""
        if self.format == "hpgl":
            with suppress(PlotError):  # it does not take that paper
                return placed(document, self.device).limits
        width, height = self.width_mm, self.height_mm
        if self.turns(document.width_mm, document.height_mm):
            width, height = height, width
        top = document.height_mm - height if self.is_up else 0.0
        return Reach(0.0, top, width, top + height, f"the reach of the {self.title}")

    def with_lift(self, lift: LiftName) -> "Machine":
        """Return the machine with another lift, and its times."""
        return replace(self, lift=lift, plotter=replace(self.plotter, **_lift_times(lift)))

    def with_profile(self, profile: GcodeProfile) -> "Machine":
        """Return the machine with the commands of another profile, its feeds, its lifts and its reach."""
        speeds = {name: _speeds(profile)[name] for name in _OF_PROFILE}
        sides = {side: getattr(profile, side) or getattr(self, side) for side in _SIDES}
        profile, plotter = replace(profile, **sides), replace(self.plotter, **speeds)
        return replace(self, profile=profile, plotter=plotter, **sides)


def machine_names() -> tuple[str, ...]:
    """Return the names of all plotters that are known.

    >>> "axidraw-v3" in machine_names()
    True
    """
    return tuple(_known())


def read_machine(name: str | os.PathLike[str]) -> Machine:
    """Return a plotter by its name, or the one that a TOML file describes as machines.toml does.

    Raises UnknownNameError for a name that is neither, PlotError for a file that does not fit.

    >>> read_machine("axidraw-v3").format
    'svg'
    """
    if str(name) in _known():
        return _machine(str(name), _known()[str(name)])
    values = read_toml(name, "machine", _known())
    if len(values) != 1:
        raise PlotError(f"machine {str(name)!r} describes {len(values)} machines; give one table")
    ((known, described),) = values.items()
    return _machine(known, described)


@cache
def _known() -> dict[str, dict[str, Any]]:
    text = Path(__file__).with_name("machines.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _machine(name: str, values: dict[str, Any]) -> Machine:
    try:
        given = dict(values)
        profile = profile_of(given.pop("profile"), name) if "profile" in given else None
        time = check_arguments(read_parameters(Plotter, skip=("low_lift",)), given.pop("time", {}))
        lifts = _lift_times(given.get("lift", "standard")) if given.get("format") == "svg" else {}
        plotter = Plotter(**{**lifts, **_speeds(profile), **time})
        given = check_arguments(read_parameters(Machine, skip=_MADE), given)
        if profile is not None:
            profile = replace(profile, **{side: given[side] for side in _SIDES})
        machine = Machine(name=name, plotter=plotter, profile=profile, **given)
    except (TypeError, ValueError) as error:
        raise PlotError(f"machine {name!r}: {error}") from error
    if machine.format not in FORMATS or not min(machine.width_mm, machine.height_mm) > 0:
        raise PlotError(f"machine {name!r}: give a known format and a size in mm above 0")
    return machine


def _lift_times(lift: LiftName) -> dict[str, Any]:
    if lift not in LIFTS:
        raise UnknownNameError("lift", lift, LIFTS)
    way = UP_PERCENT - DOWN_PERCENT
    return {**LIFTS[lift].times(way)._asdict(), "low_lift": LIFTS[lift].times(way, LOW)}


def _speeds(profile: GcodeProfile | None) -> dict[str, Any]:
    """Return the plotter's times by a profile's feeds and dwells; its [time] has priority."""
    if profile is None:
        return {}
    raise_s, lower_s = profile.lift_s("pen_up"), profile.lift_s("pen_down")
    return {
        "draw_speed": profile.draw_feed / 60,
        "travel_speed": (profile.travel_feed or profile.top_feed) / 60,
        "top_speed": profile.top_feed / 60,
        "draw_acceleration": _USUAL_ACCELERATION,
        "travel_acceleration": _USUAL_ACCELERATION,
        "raise_s": raise_s,
        "lower_s": lower_s,
        "low_lift": profile.low_lift(raise_s, lower_s),
    }
