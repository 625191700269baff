"""The fast forms give what the plain ones give, and know when not to run."""
