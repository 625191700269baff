"""Questions about position encodings and relative positions."""
