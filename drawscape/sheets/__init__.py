"""Whole sheets: postcards and blueprint artboards."""

from drawscape.sheets.artboard import artboard
from drawscape.sheets.looks import STYLES
from drawscape.sheets.names import safe_name, short_hash
from drawscape.sheets.postcard import postcard_back, postcard_front
from drawscape.sheets.templates import template_names

__all__ = [
    "STYLES",
    "artboard",
    "postcard_back",
    "postcard_front",
    "safe_name",
    "short_hash",
    "template_names",
]
