"""The SimPy engine: written for readability, it defines the correct results."""
