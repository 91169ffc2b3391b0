"""How many reps: hiring plans tried by simulation, for models with effort hours."""
