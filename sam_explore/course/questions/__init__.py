"""Questions that the reader answers before they look, graded against what is computed."""
