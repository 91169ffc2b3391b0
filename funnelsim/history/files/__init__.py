"""History folders."""
