"""Execution quality over the API."""
