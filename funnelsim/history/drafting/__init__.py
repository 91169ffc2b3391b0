"""A first mapping file, for a person to edit."""
