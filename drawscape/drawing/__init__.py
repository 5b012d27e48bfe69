"""What a drawing is, apart from any file format: documents of layers, pens, papers, maps, outlines.

Read document.py first; affine.py and values.py are what SVG's writer and reader share, and path.py turns
path data into lines.
"""

import sys

from drawscape.drawing import document

# Pens and how they move are in document.py.
motion = pen = document
sys.modules |= dict.fromkeys((f"{__name__}.motion", f"{__name__}.pen"), document)
