"""Documents of layers, pens, papers, affine maps and outlines, without any file format.

Read document.py first; pen.py and motion.py keep old names. SVG's writer and reader share affine.py,
values.py (lengths, colours, styles) and path.py (path data to lines).
"""
