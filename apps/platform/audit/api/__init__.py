"""The API's face of the trail."""
