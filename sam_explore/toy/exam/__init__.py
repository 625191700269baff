"""The exam of the toy model: fixed scenes and prompts that training never sees.

`worlds` defines the kinds of scenes; `python -m sam_explore.toy.exam` runs the exam.
"""

from .asking import Answer, examine
from .manifest import ExamScene, Target, read_manifest
from .report import Report, report
from .worlds import CLEAR, EXAM, WORLDS, World

__all__ = [
    "CLEAR",
    "EXAM",
    "WORLDS",
    "Answer",
    "ExamScene",
    "Report",
    "Target",
    "World",
    "examine",
    "read_manifest",
    "report",
]
