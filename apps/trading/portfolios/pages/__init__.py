"""Pages of portfolios, journal and calendar."""
