"""Scenarios: read from files and `--set`, and checked."""
