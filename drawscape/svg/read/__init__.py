"""Any SVG as layers of lines in mm, fast and without trusting the file."""

from drawscape.drawing.document import Document, Layer
from drawscape.svg.read.reader import read_svg

__all__ = ["Document", "Layer", "read_svg"]
