"""Arrays as pictures. Nothing here knows torch or the model."""
