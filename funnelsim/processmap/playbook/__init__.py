"""The playbook of a model: its stages as cards, its departments, and what the map still lacks."""
