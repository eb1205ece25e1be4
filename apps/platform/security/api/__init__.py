"""The API's face of security."""
