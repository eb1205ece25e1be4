"""Connections over the API."""
