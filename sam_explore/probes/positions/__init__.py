"""Questions about where the network knows a token to be."""
