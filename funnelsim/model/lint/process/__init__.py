"""Lint of the texts of a process map; docs/reference/lint.md describes each rule."""
