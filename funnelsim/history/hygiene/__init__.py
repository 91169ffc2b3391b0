"""What a person should mend in the CRM, or know of how it was kept."""
