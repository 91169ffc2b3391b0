"""How fast, as ratios to others in the same run; a figure alone says little."""
