"""The pages of security."""
