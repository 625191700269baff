"""Questions about the image tokens along the blocks of the image encoder."""
