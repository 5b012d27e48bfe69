"""SVG in both directions, on the one core in `drawscape.drawing`.

Read canvas.py (the page and its state) and `drawscape.svg_builder` (all that draws on it). Then
node.py, outline.py and file.py: what a canvas holds, and what comes off it. `read/` turns foreign
files into lines.
"""
