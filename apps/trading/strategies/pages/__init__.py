"""Pages of strategies: list, gallery, the builder, a strategy with its versions."""
