"""The name under which the guides of 0.4 import `Pen`."""

from drawscape.drawing.document import Pen

__all__ = ["Pen"]
