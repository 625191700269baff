"""Questions about the windows of the image encoder's attention."""
