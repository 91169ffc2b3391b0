"""The compiled event loop, for reps who are shared between stages."""
