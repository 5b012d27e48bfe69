"""Plot-ready: the same drawing in an order, and in a file, that a plotter draws well."""

from drawscape.geometry.simplify import simplify
from drawscape.plot.deduplicate import deduplicate
from drawscape.plot.export import save
from drawscape.plot.filter import drop_shorter
from drawscape.plot.fit import fit
from drawscape.plot.merge import merge
from drawscape.plot.order import EFFORTS, Effort, order
from drawscape.plot.pipeline import optimize
from drawscape.plot.plotter import Plotter
from drawscape.plot.preview import travel_lines, with_travel
from drawscape.plot.split import split_ink, split_layers
from drawscape.plot.statistics import Statistics, layer_statistics, statistics

__all__ = [
    "EFFORTS",
    "Effort",
    "Plotter",
    "Statistics",
    "deduplicate",
    "drop_shorter",
    "fit",
    "layer_statistics",
    "merge",
    "optimize",
    "order",
    "save",
    "simplify",
    "split_ink",
    "split_layers",
    "statistics",
    "travel_lines",
    "with_travel",
]
