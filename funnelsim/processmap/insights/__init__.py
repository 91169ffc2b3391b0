"""What the history of a sales process says beyond counting."""
