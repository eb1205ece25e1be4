"""Following the private streams of accounts: what a socket says is a hint, what REST answers is the fact."""
