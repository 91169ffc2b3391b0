"""Time, calendars, working hours, holidays."""
