"""`python -m tests.probes.recorded` writes all files, with names of probes those of these."""

import sys

from .recording import record

record(sys.argv[1:])
