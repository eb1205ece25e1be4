"""The API's face of authentication."""
