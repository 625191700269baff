"""Questions about the mask decoder: attention both ways, and where a logit comes from."""
