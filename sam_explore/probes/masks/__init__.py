"""Questions about the predicted masks."""
