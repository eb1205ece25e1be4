"""The outside world of wallets: the port to those who hold the money, and the adapters behind it."""
