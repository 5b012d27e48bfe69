"""What a drawing is, apart from any file format: documents of layers, pens, papers, maps, outlines.

Read document.py first; affine.py, units.py and style.py are what SVG's writer and reader share, and
path.py turns path data into lines.
"""
