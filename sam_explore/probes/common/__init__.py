"""What several probes need. It imports no probe."""
