"""How long a test waits for something before it fails."""

# Only a fault takes so long: a busy machine was seen to take 30 s for what it usually does in 3.
PATIENCE_SECONDS = 120.0
