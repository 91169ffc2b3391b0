"""What a fit says about itself: counts, findings, limitations."""
