"""Bots over the API."""
