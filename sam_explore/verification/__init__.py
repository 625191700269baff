"""Verify a file of weights: every part, other implementations, and the claims of the course.

report = verify(Path("sam_vit_b_01ec64.pth"), image, truth)
report.markdown()  # short enough for an issue, and without private paths
"""

from .report import Report
from .rows import Row
from .verifying import verify

__all__ = ["Report", "Row", "verify"]
