"""Numbers, dates and findings in words, shared by screens and pages."""
