"""Read, check and write model files and their tables."""
