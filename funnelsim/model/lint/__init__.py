"""What looks wrong in a valid model."""
