"""Pages of large orders."""
