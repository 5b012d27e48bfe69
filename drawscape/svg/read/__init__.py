"""Any SVG as layers of lines in mm, fast and without trusting the file.

Read reader.py, then xml_tree.py (the guarded parser), css.py, walk.py (which outlines, where) with
state.py (what holds there), scene.py (outlines to lines) and layering.py (lines to pens).
"""

from drawscape.svg.read.reader import read_svg

__all__ = ["read_svg"]
