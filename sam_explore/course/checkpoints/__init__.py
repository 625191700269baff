"""Weights of the small model along its training, small enough to lie in the repository."""
