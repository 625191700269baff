"""Questions about mask hints."""
