"""Questions about the mask decoder: its attention in both directions, and what a logit is made of."""
