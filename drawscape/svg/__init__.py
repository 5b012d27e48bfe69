"""The canvas's elements and file, and foreign SVG as lines.

Read `drawscape.svg_builder` first. What a canvas holds is in attributes.py, elements.py and canvas_lines.py;
canvas_file.py writes the file. `read/` turns foreign files into lines.
"""
