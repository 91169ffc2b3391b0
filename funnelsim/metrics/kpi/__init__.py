"""Key figures of a sales process, by period: each defined once, from a history or from a simulated run."""
