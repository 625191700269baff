"""Questions about the image encoder's attention."""
