"""The pens of a home, their data and capacity, in one JSON file.

A layer names its pen, as in `sky @micron-03-blue`, or has a pen's name as its own.
"""

import fcntl
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from drawscape import settings
from drawscape.atomic import write_atomic
from drawscape.drawing.document import Document, Pen, pen_name, pen_numbers, plain_name
from drawscape.drawing.values import check_number
from drawscape.errors import PlotError, UnknownNameError

_NAME = re.compile(r"[\w.-]{1,50}", re.ASCII)
_RESERVE = 0.1


@dataclass(frozen=True, kw_only=True)
class StoredPen:
    """A pen that a person owns. Unknown values are None.

    `top_speed` is in mm/s, `capacity_m` the metres that a new one writes, `drying_s` the seconds before
    another pen may cross its lines. `heights` are percent of the lift's range, by machine.
    `replaced_at_m` are the metres that all pens of this name had written when the present one was put in.
    Raises PlotError for an invalid value.
    """

    name: str
    color: str = "black"
    width_mm: float = 0.3
    top_speed: float | None = None
    heights: dict[str, float] = field(default_factory=dict)
    capacity_m: float | None = None
    drying_s: float = 0.0
    replaced_at_m: float = 0.0

    def left_m(self, written_m: float) -> float | None:
        """Return how far it surely still writes, in metres, when all pens of its name wrote `written_m`.

        A tenth of its capacity is kept in reserve, because pens differ. None without a capacity.
        """
        if self.capacity_m is None:
            return None
        return (1 - _RESERVE) * self.capacity_m - (written_m - self.replaced_at_m)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise PlotError(
                f"pen name {self.name!r}: use 1 to 50 of A-Z a-z 0-9 _ . -, such as 'micron-03-blue'"
            )
        Pen(self.name, self.color, self.width_mm)
        if self.top_speed is not None:
            check_number(top_speed=self.top_speed)
        if self.capacity_m is not None:
            check_number(capacity_m=self.capacity_m)
        check_number(may_be_0=True, drying_s=self.drying_s)


def stored_pens() -> dict[str, StoredPen]:
    """Return the pens of this home by name. Raises PlotError for a damaged file."""
    try:
        rows = orjson.loads(_file().read_bytes())
        return {row["name"]: StoredPen(**row) for row in rows}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError) as error:
        raise PlotError(f"{_file()} is damaged: {error}; repair it, or remove it") from error


def offered_pens() -> list[dict[str, Any]]:
    """Return name, colour and width of each pen of this home for a list; none from a damaged file."""
    with suppress(PlotError):
        pens = stored_pens().values()
        return [{"name": p.name, "color": p.color, "width_mm": p.width_mm} for p in pens]
    return []


def read_pen(name: str) -> StoredPen:
    """Return the pen of that name. Raises UnknownNameError if it does not exist."""
    pens = stored_pens()
    if name not in pens:
        raise UnknownNameError("pen", name, pens, remedy=" (add it with `drawscape pens add`)")
    return pens[name]


def save_pen(pen: StoredPen) -> StoredPen:
    """Add a pen to the home, or replace the one of its name."""
    with _changing() as pens:
        pens[pen.name] = pen
    return pen


def update_pen(name: str, **values: Any) -> StoredPen:
    """Change values of a pen; `heights` are merged with its own. Raises UnknownNameError."""
    with _changing() as pens:
        old = read_pen(name)
        heights = {**old.heights, **values.pop("heights", {})}
        pens[name] = replace(old, heights=heights, **values)
    return pens[name]


def remove_pen(name: str) -> None:
    """Remove a pen from the home. Raises UnknownNameError."""
    with _changing() as pens:
        read_pen(name)
        del pens[name]


def with_pens(document: Document, chosen: Mapping[int, str] | None = None) -> Document:
    """Return the drawing with the colours and widths of the pens that its layers name.

    `chosen` names a pen for each number of `pen_numbers`. Raises UnknownNameError for a pen or number
    that does not exist.
    """
    pens, chosen = stored_pens(), dict(chosen or {})
    numbers = pen_numbers(document.layers)
    layers = []
    for number in chosen:
        if number not in numbers:
            raise UnknownNameError("number of a pen", number, map(str, numbers))
    for layer, number in zip(document.layers, numbers):
        if number in chosen:
            own = read_pen(chosen[number])
            name = layer.motion.named(f"{plain_name(layer.name)} @{own.name}")
            layer = replace(layer, name=name)
        if pen := pens.get(pen_name(layer.name)):
            layer = replace(layer, color=pen.color, width_mm=pen.width_mm)
        layers.append(layer)
    return document.with_layers(layers)


def _file() -> Path:
    return settings.home() / ".drawscape" / "pens.json"


@contextmanager
def _changing() -> Iterator[dict[str, StoredPen]]:
    """Yield the pens of this home, and save them at the end; one program at a time."""
    with (settings.state_folder() / "pens.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        pens = stored_pens()
        yield pens
        rows = [asdict(pens[name]) for name in sorted(pens)]
        write_atomic(_file(), [orjson.dumps(rows, option=orjson.OPT_INDENT_2)])
