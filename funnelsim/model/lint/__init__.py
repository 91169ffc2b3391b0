"""Warnings about valid models."""
