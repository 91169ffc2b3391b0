"""Figures of a history: how leads flowed."""
