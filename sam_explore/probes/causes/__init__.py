"""Questions about what the prediction depends on."""
