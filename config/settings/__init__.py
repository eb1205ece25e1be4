"""Settings by place: base for all, dev for the demo on one machine, test, production."""
