"""Postcards: a card's front and its address side. Read postcard.py; fitting.py sets text in boxes."""

from drawscape.settings import safe_name, short_hash
from drawscape.sheets.postcard import postcard_back, postcard_front, template_names

__all__ = ["postcard_back", "postcard_front", "safe_name", "short_hash", "template_names"]
