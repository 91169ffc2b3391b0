"""The SimPy engine: written to be read, it defines what is right."""
