"""SVG in both directions, on the one core in `drawscape.drawing`.

`write/` is what `SVGBuilder` is made of; `read/` turns foreign files into lines.
"""
