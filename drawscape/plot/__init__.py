"""Plot-ready: the same drawing in an order, and in a file, that a plotter draws well.

Read pipeline.py first: deduplicate, merge (over trails.py), simplify, filter, order (over tours.py and the
heuristics beside it). Then plotter.py and statistics.py for time, machine.py for plotters as data, bounds.py
and preflight.py for what would go wrong, and export/ for the files.
"""

from drawscape.drawing.paper import OUTSIDE, Outside
from drawscape.geometry.simplify import simplify
from drawscape.plot.bounds import Reach, confine
from drawscape.plot.deduplicate import deduplicate
from drawscape.plot.export.files import save
from drawscape.plot.filter import drop_shorter
from drawscape.plot.fit import fit
from drawscape.plot.machine import Machine, machine_names, read_machine
from drawscape.plot.merge import merge
from drawscape.plot.order import EFFORTS, Effort, order
from drawscape.plot.pipeline import Saving, optimize, saving
from drawscape.plot.plotter import Plotter
from drawscape.plot.preflight import Concern, Finding, preflight
from drawscape.plot.preview import travel_lines, with_travel
from drawscape.plot.split import split_ink, split_layers
from drawscape.plot.statistics import Statistics, layer_statistics, statistics
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
