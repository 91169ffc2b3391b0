"""What is known of deals beside their stages, and how much of it matters."""
