"""Whole files: written or absent, packed, summed, and worked through in batches."""

from drawscape.files.whole import whole_or_absent

__all__ = ["whole_or_absent"]
