"""What stands on a page, section by section; the templates only lay it out."""
