"""Draws and instants, computed by functions that all engines call."""
