"""What the commands print: each takes a JSON document and a rich console."""
