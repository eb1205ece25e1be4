"""Trades made elsewhere that two members of staff book; only a counter-trade takes one back."""
