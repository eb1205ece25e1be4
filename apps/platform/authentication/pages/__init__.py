"""The pages of authentication."""
