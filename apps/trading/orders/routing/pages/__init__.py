"""The pages of routed orders."""
