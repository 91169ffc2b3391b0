"""The compiled path for pools of reps that leads pass stage by stage."""
