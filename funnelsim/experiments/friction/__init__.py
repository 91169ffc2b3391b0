"""Where a funnel loses leads, money and time, and what small improvements are worth."""
