"""Whole sheets: postcards and technical artboards.

Read postcard.py or artboard.py; fitting.py sets text in boxes.
"""

from drawscape.settings import safe_name, short_hash
from drawscape.sheets.artboard import STYLES, artboard
from drawscape.sheets.postcard import postcard_back, postcard_front, template_names

__all__ = [
    "STYLES", "artboard", "postcard_back", "postcard_front", "safe_name", "short_hash",
    "template_names",
]  # fmt: skip
