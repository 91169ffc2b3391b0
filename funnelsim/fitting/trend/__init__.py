"""How rates change over time: level, trend, seasonality, dispersion."""
