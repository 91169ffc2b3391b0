"""Was it right before, on published data? Backtests that write ``docs/calibration.md``."""
