"""Plot-ready: the same drawing in an order, and in a file, that a plotter draws well."""

from drawscape.plot.merge import merge
from drawscape.plot.order import EFFORTS, Effort, order

__all__ = ["EFFORTS", "Effort", "merge", "order"]
