"""Plot-ready: the same drawing in an order, and in a file, that a plotter draws well.

Read pipeline.py first: deduplicate, merge (over trails.py), simplify, filter, order (over tours.py and the
heuristics beside it). Then plotter.py and statistics.py for time, machine.py for plotters as data, bounds.py
and findings.py for what would go wrong, and export/ for the files.

What orders is here at once, and so is what is called like its module; the rest is imported when it is first
asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from drawscape.geometry.simplify import simplify
from drawscape.plot.deduplicate import deduplicate
from drawscape.plot.fit import fit
from drawscape.plot.merge import merge
from drawscape.plot.order import EFFORTS, Effort, order
from drawscape.plot.pipeline import Saving, optimize, saving
from drawscape.plot.statistics import Statistics, layer_statistics, statistics

if TYPE_CHECKING:
    from drawscape.drawing.paper import OUTSIDE, Outside
    from drawscape.plot.bounds import Reach, confine
    from drawscape.plot.export.files import save
    from drawscape.plot.filter import drop_shorter
    from drawscape.plot.findings import Concern, Finding, preflight
    from drawscape.plot.machine import Machine, machine_names, read_machine
    from drawscape.plot.plotter import Plotter
    from drawscape.plot.preview import travel_lines, with_travel
    from drawscape.plot.split import split_ink, split_layers
    from drawscape.plot.tile import Tile, tiles

__all__ = [
    "EFFORTS",
    "OUTSIDE",
    "Concern",
    "Effort",
    "Finding",
    "Machine",
    "Outside",
    "Plotter",
    "Reach",
    "Saving",
    "Statistics",
    "Tile",
    "confine",
    "deduplicate",
    "drop_shorter",
    "fit",
    "layer_statistics",
    "machine_names",
    "merge",
    "optimize",
    "order",
    "preflight",
    "read_machine",
    "save",
    "saving",
    "simplify",
    "split_ink",
    "split_layers",
    "statistics",
    "tiles",
    "travel_lines",
    "with_travel",
]

_MODULES = {
    "drawing.paper": "OUTSIDE Outside",
    "plot.bounds": "Reach confine",
    "plot.export.files": "save",
    "plot.filter": "drop_shorter",
    "plot.findings": "Concern Finding preflight",
    "plot.machine": "Machine machine_names read_machine",
    "plot.plotter": "Plotter",
    "plot.preview": "travel_lines with_travel",
    "plot.split": "split_ink split_layers",
    "plot.tile": "Tile tiles",
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"drawscape.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
