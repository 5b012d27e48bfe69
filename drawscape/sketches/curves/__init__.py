"""Curves that one formula draws."""
