"""Pieces of a page: figures inlined, bars in tables, keys that columns are sorted by."""
