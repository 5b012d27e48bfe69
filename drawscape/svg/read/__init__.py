"""Any SVG as layers of lines in mm, fast and without trusting the file.

Read reader.py, then tree.py (the guarded parser), css.py, viewport.py, walk.py (which outlines, where),
clipping.py, markers.py and text.py (what the walk leaves to them), and scene.py (outlines to lines).
"""

from drawscape.svg.read.reader import Fill, Layering, read_svg
from drawscape.svg.read.walk import Bounds, Text

__all__ = ["Bounds", "Fill", "Layering", "Text", "read_svg"]
