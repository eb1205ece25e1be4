"""Large orders that an algorithm works off in children; each child is an ordinary order."""
