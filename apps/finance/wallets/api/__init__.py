"""Wallets over the API."""
