"""Model files and the tables beside them, read, checked and written."""
