"""Whole schemas of a CRM: tables that belong together, joined by their ids."""
