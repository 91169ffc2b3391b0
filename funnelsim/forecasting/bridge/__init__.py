"""From one forecast of a period to the next: what changed, deal by deal."""
