"""Values of a model by path, and changes to them."""
