"""What was learned, as a model with its parameter draws."""
