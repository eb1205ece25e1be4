"""The page of the limits of real money."""
