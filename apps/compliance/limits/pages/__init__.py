"""Pages of limits."""
