"""The sample company: a funnel that is known, and the CRM export it would have left behind."""
