"""Long runs that show whether memory stays flat: scripts, whose tables stand in docs."""
