"""Packing: shapes that share the page fairly."""
