"""Questions about the channel projection, which ends the image encoder."""
