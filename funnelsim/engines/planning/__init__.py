"""From a model to the arrays that engines read."""
