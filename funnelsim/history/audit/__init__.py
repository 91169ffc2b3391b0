"""The audit of an import: warnings, notes and counts."""
