"""The report of a fit: counts, results, limitations."""
