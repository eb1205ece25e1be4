"""Trades booked by staff over the API."""
