"""Making, replaying, migrating and guarding schemas. Owner work: management commands and the queue `owner` only."""
