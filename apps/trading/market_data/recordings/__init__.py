"""Files of recorded market data: what kind each is, its rows as arrays, and what is wrong with them."""
