"""How long visits last and by which exit they end."""
