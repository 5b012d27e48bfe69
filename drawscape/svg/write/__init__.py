"""From calls on a canvas to an SVG file and to lines.

Read canvas.py (the state), node.py (what it holds), then shapes.py, polylines.py and the other modules of
functions that draw, and output.py. `drawscape.svg_builder` joins them into one class.
"""
