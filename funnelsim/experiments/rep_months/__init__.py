"""Simulate what a team of reps books month by month, for plans of hires."""
