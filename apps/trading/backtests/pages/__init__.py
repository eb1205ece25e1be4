"""Pages of back-tests: list, form, progress, result, comparison."""
