"""One-command runtime: environment, embedded PostgreSQL and Valkey, supervisor, test and check commands.

`bootstrap` and `paths` use the standard library only, because they run before the dependencies exist.
"""
