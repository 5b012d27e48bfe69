"""What a drawing is, apart from any file format: documents of layers, pens, papers, maps, outlines.

Read document.py first; affine.py and values.py are what SVG's writer and reader share, and path.py turns
path data into lines.
"""

import sys

from drawscape.drawing import document

# Pens, how they move, and papers are in document.py.
motion = pen = paper = document
sys.modules |= {f"{__name__}.{name}": document for name in ("motion", "pen", "paper")}
