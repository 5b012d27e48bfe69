"""Solids: three dimensions in line, with what lies behind left out."""
