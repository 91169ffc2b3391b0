"""Read files with size limits, and replace them atomically."""
