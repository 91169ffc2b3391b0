"""The compiled path for funnels with one pool of reps per stage and no way back."""
