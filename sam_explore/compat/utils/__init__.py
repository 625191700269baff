"""`segment_anything.utils`, as far as its example notebooks import from it."""
