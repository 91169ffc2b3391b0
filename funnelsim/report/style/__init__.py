"""How figures and pages look, and how they are saved."""
