"""What engines count while they run."""
