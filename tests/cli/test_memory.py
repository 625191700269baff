"""What the kernel of a page may allocate: beyond it an allocation fails, in words."""

import json
import os
import subprocess
import sys

import pytest

from sam_explore.app_limits import PAGE_MEMORY

ALLOCATE = """
import json

import numpy as np
import torch

from sam_explore.cli.memory import limit_memory
from sam_explore.widgets.session import in_words

limit_memory()
MB = 2**20
told = []
for allocate in (
    lambda: torch.ones(100 * MB // 4),
    lambda: torch.ones(600 * MB // 4),
    lambda: np.ones(600 * MB, np.uint8),
    lambda: bytearray(600 * MB),
    lambda: torch.ones(4000, 40_000) @ torch.ones(40_000, 40),
):
    try:
        allocate()
        told.append("")
    except Exception as error:
        told.append(in_words(error))
print(json.dumps(told))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no such limit")
def test_beyond_it_an_allocation_fails_and_what_is_small_goes_on():
    environment = {**os.environ, PAGE_MEMORY: "300"}
    told = subprocess.run(
        [sys.executable, "-c", ALLOCATE], env=environment, capture_output=True, text=True
    )
    fine, *failed = json.loads(told.stdout)
    assert fine == ""
    for words in failed:
        assert words.startswith("There is not enough memory for this: one page may use 300 MB here")
