"""Who works on deals: roles, office hours, effort."""
