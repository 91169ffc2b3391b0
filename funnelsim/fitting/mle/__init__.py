"""Likelihoods, their maximisation and their uncertainty."""
