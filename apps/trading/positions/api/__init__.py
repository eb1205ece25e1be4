"""Positions over the API."""
