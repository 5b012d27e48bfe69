"""The canvas's rooms: shapes, layers, transforms, numerals, serialising.

`drawscape.svg_builder` is the door to them.
"""
