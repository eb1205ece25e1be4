"""Pages of the platform's own host."""
