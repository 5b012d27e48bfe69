"""Any SVG as layers of lines in mm, fast and without trusting the file."""

from drawscape.svg_reader.document import Document, Layer
from drawscape.svg_reader.reader import read_svg

__all__ = ["Document", "Layer", "read_svg"]
