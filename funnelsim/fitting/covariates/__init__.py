"""Covariates of deals (source, segment, owner, account, amount) and their effects on exits."""
