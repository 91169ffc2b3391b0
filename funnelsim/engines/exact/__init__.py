"""Exact means without simulation, for funnels without waiting."""
