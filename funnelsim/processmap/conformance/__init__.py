"""How a sales process runs, against how it is meant."""
