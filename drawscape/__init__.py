"""Generative design for pen plotters, explored in Jupyter notebooks."""

__version__ = "0.1.0"
