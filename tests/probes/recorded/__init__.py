"""What every probe answered on two pictures when this was recorded, to compare with today.

    python -m tests.probes.recorded
    python -m tests.probes.recorded AttentionRow RawLogits

writes the files again, all of them or those of the probes named: do so only where an answer is
meant to change, and say why in the commit.
"""
