"""Limits of real money over the API."""
