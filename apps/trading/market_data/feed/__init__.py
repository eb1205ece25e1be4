"""The feed process: one leader follows the venue, stores, publishes, dispatches."""
