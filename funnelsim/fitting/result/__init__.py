"""Estimates as a model with parameter draws."""
