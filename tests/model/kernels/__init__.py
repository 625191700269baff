"""The fast forms give the same as the plain ones, and run only where they may."""
