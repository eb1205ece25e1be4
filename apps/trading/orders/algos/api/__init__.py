"""Large orders over the API."""
