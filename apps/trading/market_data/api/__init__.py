"""Market data over the API."""
