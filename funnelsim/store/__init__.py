"""A store of forecasts in SQLite or PostgreSQL: the only place for SQL."""
