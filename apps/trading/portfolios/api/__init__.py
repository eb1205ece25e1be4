"""Portfolios, journal and calendar over the API."""
