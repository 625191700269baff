"""Questions about how patches of the picture become tokens."""
