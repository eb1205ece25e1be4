"""How well orders were executed: slippage against the price at decision, latency by leg, and who wants to be told."""
