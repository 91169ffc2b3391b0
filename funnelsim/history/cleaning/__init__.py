"""From rows to transitions and visits, every skipped row counted."""
