"""Risk over the API."""
