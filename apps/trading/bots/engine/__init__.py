"""The step of a bot: own it, settle what is open, read the market, decide, commit, send."""
