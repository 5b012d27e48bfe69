"""What a drawing is, apart from any file format: documents of layers, pens, papers and frames.

Read document.py first. The SVG writer, the SVG reader, the plot pipeline and the exporters all stand on it.
"""
