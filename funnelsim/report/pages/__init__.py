"""HTML pages, section by section."""
