"""Strategies over the API."""
