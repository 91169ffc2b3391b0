"""How leads flowed in a history: stages over time, cycle times, ages and cohorts."""
