"""The columns and labels of the usual CRMs."""
