"""Several variants of one funnel side by side: what they cost, and which of them is best."""
