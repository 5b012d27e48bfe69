"""The name under which the guides of 0.4 import `Motion`."""

from drawscape.drawing.document import Motion

__all__ = ["Motion"]
