"""Code shared by several probes. It imports no probe."""
