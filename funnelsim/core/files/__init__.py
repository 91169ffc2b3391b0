"""Files read within bounds, and replaced whole."""
