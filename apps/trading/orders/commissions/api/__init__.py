"""Commissions over the API."""
