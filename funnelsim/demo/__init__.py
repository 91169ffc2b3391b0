"""The sample company: a known funnel, and the CRM export that it would leave behind."""
