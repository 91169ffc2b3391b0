"""Learn from a history what reps win: productivity by rep, the ramp of new reps, attrition."""
