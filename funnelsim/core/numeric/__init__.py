"""Draws, exact sums and compiled functions: the same bits on every machine."""
