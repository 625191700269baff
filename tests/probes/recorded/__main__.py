"""`python -m tests.probes.recorded` writes the files."""

from .recording import record

record()
