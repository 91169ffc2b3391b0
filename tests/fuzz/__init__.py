"""Damaged inputs and kills at any moment: what a command may answer, tried thousands of times."""
