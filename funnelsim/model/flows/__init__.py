"""Leads, visits and workload in the long run, by arithmetic."""
