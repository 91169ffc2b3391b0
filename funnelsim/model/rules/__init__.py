"""Rules between the parts of a model."""
