"""Contract accounts at exchanges."""
