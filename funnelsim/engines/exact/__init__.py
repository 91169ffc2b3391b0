"""Means without simulation, where nobody waits."""
