"""Pure domain mathematics: no Django, no clock, no network, no randomness that is not passed in."""
