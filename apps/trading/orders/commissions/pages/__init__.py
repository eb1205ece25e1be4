"""The page of commissions."""
