"""The bot pages."""
