"""Plot-ready: the same drawing in an order, and in a file, that a plotter draws well.

Read pipeline.py first: deduplicate, merge (over trails.py), simplify, filter, order (over tours.py and the
heuristics beside it). Then plotter.py and statistics.py for time, machine.py for plotters as data, bounds.py
and findings.py for what would go wrong, and export/ for the files.

What orders is here at once, and so is what is called like its module; the rest is imported when it is first
asked for.
"""

from typing import TYPE_CHECKING

from drawscape.geometry.simplify import simplify
from drawscape.late_names import late_names
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

__getattr__, __dir__ = late_names(
    __name__,
    {
        "drawscape.drawing.paper": "OUTSIDE Outside",
        "drawscape.plot.bounds": "Reach confine",
        "drawscape.plot.export.files": "save",
        "drawscape.plot.filter": "drop_shorter",
        "drawscape.plot.findings": "Concern Finding preflight",
        "drawscape.plot.machine": "Machine machine_names read_machine",
        "drawscape.plot.plotter": "Plotter",
        "drawscape.plot.preview": "travel_lines with_travel",
        "drawscape.plot.split": "split_ink split_layers",
        "drawscape.plot.tile": "Tile tiles",
    },
)
