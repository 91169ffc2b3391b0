"""Guess what an export contains, without a mapping."""
