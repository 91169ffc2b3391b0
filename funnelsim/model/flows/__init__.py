"""Analytic long-run rates of leads, visits and workload."""
