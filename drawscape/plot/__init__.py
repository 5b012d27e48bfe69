"""Plot-ready: the same drawing in an order, and in a file, that a plotter draws well.

Read pipeline.py first: merge, deduplicate, simplify and order a drawing. Then statistics.py
for its time, known_machines.py for plotters as data, pages.py for sheets, preflight.py for what
would go wrong, and formats.py for the files.
"""

from drawscape.drawing.document import OUTSIDE, Outside
from drawscape.geometry.lines import simplify
from drawscape.plot.formats import save
from drawscape.plot.known_machines import Machine, machine_names, read_machine
from drawscape.plot.merge import deduplicate, merge
from drawscape.plot.order import order
from drawscape.plot.pages import (
    Reach,
    SheetTile,
    crop,
    drop_shorter,
    fit,
    place,
    split_layers,
    tiles,
    travel_lines,
    with_travel,
)
from drawscape.plot.pipeline import optimize
from drawscape.plot.preflight import Concern, PreflightFinding, preflight
from drawscape.plot.statistics import PlotStatistics, Plotter, layer_statistics, statistics

__all__ = [
    "OUTSIDE",
    "Concern",
    "Machine",
    "Outside",
    "PlotStatistics",
    "Plotter",
    "PreflightFinding",
    "Reach",
    "SheetTile",
    "crop",
    "deduplicate",
    "drop_shorter",
    "fit",
    "layer_statistics",
    "machine_names",
    "merge",
    "optimize",
    "order",
    "place",
    "preflight",
    "read_machine",
    "save",
    "simplify",
    "split_layers",
    "statistics",
    "tiles",
    "travel_lines",
    "with_travel",
]  # fmt: skip
