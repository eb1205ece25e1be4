"""Back-tests over the API."""
