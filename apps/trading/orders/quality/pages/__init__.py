"""Pages of execution quality."""
