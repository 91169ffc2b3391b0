"""What an export seems to be, where no mapping says so."""
