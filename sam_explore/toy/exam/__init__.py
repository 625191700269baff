"""The exam of the toy model: fixed scenes and prompts that training never sees.

`manifest.jsonl` holds them, `python -m sam_explore.toy.exam` asks them.
"""

from .asking import Answer, examine
from .manifest import ExamScene, Target, read_manifest
from .report import Report, report

__all__ = ["Answer", "ExamScene", "Report", "Target", "examine", "read_manifest", "report"]
