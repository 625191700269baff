"""Questions about automatic masks."""
