"""The sales process map: what paths leads really take, and which were meant."""
