"""The live views without a browser: simulated events, and what would be drawn."""
