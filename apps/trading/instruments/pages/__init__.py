"""Pages of watchlists and alerts."""
