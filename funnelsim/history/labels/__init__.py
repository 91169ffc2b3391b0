"""Which labels are stages, and which are outcomes."""
