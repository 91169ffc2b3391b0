"""Scenario files and `--set`."""
