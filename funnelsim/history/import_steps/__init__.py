"""The steps of an import: each takes frames and settings and returns what it made of them."""
