"""What a file of weights does here: does every part run, do others compute the same, what holds?

report = verify(Path("sam_vit_b_01ec64.pth"), image, truth)
report.markdown()  # short enough for an issue, and without private paths
"""

from .report import Report
from .rows import Row
from .verifying import verify

__all__ = ["Report", "Row", "verify"]
