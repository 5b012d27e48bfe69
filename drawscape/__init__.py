"""Generative design for pen plotters, explored in Jupyter notebooks."""

__version__ = "0.2.0"
