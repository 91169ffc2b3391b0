"""Draws and instants, computed by functions shared by all engines."""
