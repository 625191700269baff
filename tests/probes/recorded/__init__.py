"""What every probe answered on two pictures when this was recorded, to compare with today.

    python -m tests.probes.recorded

writes the files again: do so only where an answer is meant to change, and say why in the commit.
"""
