"""How close simulated work comes to a log of tasks that it has not seen; see docs/task-log.md."""
