"""Tallies of the engines."""
