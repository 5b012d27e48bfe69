"""The canvas's elements and file, and foreign SVG as lines.

Read `drawscape.svg_builder` first. Then read attributes.py, elements.py and canvas_lines.py for its content;
canvas_file.py writes the file. `read/` turns foreign files into lines.
"""
