"""SVG in both directions, on the one core in `drawscape.drawing`.

Read `drawscape.svg_builder` first, the page and all that draws on it, then node.py: what a canvas holds, as
markup and as lines. `read/` turns foreign files into lines.
"""
