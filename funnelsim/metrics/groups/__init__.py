"""Deals by rep, team, segment, source or product."""
