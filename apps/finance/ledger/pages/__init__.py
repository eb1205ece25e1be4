"""Pages of the ledger: statements, and where a balance comes from."""
