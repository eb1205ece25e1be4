"""The outside world of trading: the port, and the adapters behind it."""
