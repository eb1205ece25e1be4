"""The outside world of market data: the venue's streams, and the quotes in Redis."""
