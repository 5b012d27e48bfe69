"""SVG's path data to polylines, a whole document in one pass and without a loop over its numbers.

Read numbers.py, commands.py, segments.py, flatten.py: text, then steps, then absolute segments, then
points.
"""
