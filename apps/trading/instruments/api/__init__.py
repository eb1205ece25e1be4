"""Instruments over the API."""
