"""Routed orders over the API."""
