"""Solids: line drawings in three dimensions, without hidden lines."""
