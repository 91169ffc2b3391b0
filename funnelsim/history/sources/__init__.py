"""The files of an import by the part they play: stage entries, deals, lookup tables."""
