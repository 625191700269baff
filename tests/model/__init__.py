"""Hand-worked cases of each component."""
