"""Questions about coordinates and prompts: how a place and a kind become a token."""
