"""Whole sheets: postcards in postcard.py; a pen's test card in pen_card.py, read by card_reading.py."""

from drawscape.sheets.postcard import postcard, template_names

__all__ = ["postcard", "template_names"]
