"""SVG in both directions, on the one core in `drawscape.drawing`.

Read canvas.py (the page, its state, and what comes off it) and `drawscape.svg_builder` (all that draws
on it). Then node.py and outline.py: what a canvas holds. `read/` turns foreign files into lines.
"""
