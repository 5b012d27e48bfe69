"""The canvas's elements and file, and foreign SVG as lines.

Read `drawscape.svg_builder` first, then attributes.py, elements.py and canvas_lines.py: what a canvas holds,
as markup and as lines. canvas_file.py writes the file; `read/` turns foreign files into lines.
"""
