"""What a drawing is, apart from any file format: documents of layers, pens, papers, maps, outlines.

Read document.py first. SVG's writer and reader share affine.py, values.py (lengths, colours, styles) and
path.py (path data to lines).
"""

import sys

from drawscape.drawing import document

# Pens, how they move, and papers are in document.py.
motion = pen = paper = document
sys.modules |= {f"{__name__}.{name}": document for name in ("motion", "pen", "paper")}
