"""Any SVG as layers of lines in mm, fast and without trusting the file.

Read reader.py, then tree.py (the guarded parser), css.py and walk.py (which outlines, where). The walk
uses clipping.py and text.py. scene.py turns outlines into lines; white.py and fills.py change them.
"""

from drawscape.svg.read.reader import FillMode, Layering, read_svg

__all__ = ["FillMode", "Layering", "read_svg"]
