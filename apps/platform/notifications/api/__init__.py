"""The API's face of notifications."""
