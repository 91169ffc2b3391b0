"""Access and change values of a model by path."""
