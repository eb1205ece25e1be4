"""Limits over the API."""
