"""Tables of databases, read as if they were files."""
