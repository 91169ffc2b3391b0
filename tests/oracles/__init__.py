"""Exact answers by other roads than simulation; nothing here imports the engines."""
