"""Which exchanges there are and what each declares: data, so that no web process has to load an adapter to know it."""
