"""One order shared out over a customer's accounts, where it is cheapest; each part is an ordinary order."""
