"""The columns of an export, typed."""
