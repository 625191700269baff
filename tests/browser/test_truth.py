"""Truth next to prediction in the page."""

import numpy as np

from sam_explore.mask_overlap import mask_iou
from sam_explore.number_text import text
from sam_explore.plots import style
from sam_explore.scenes import example_scene

from .prompting import SHELL, Prompting


def test_the_switch_outlines_the_part_under_the_click_and_says_the_true_iou(prompting: Prompting):
    prompting.click(SHELL)
    prompting.settle()
    scene = example_scene("turtle")
    shell = scene.mask(scene.index("turtle/shell"))
    output = prompting.notebook.output("button")
    before = prompting.picture().astype(int)
    output.get_by_text("part", exact=True).click()
    prompting.wait("session.truth_level == 1", "the part is wanted")
    prompting.settle()
    expected = text(mask_iou(prompting.mask(), shell), decimals=2)
    prompting.read(f"Its true IoU with turtle/shell (part) is {expected}.")
    assert prompting.notebook.page.get_by_text("true IoU", exact=False).count() >= 2
    # The yellow line is where the shell ends, and nowhere else.
    changed = np.abs(prompting.picture() - before).max(axis=2) > 40
    yellow = np.array(style.rgba(style.TRUTH)[:3]).astype(int)
    line = changed & (np.abs(prompting.picture() - yellow).max(axis=2) < 60)
    rows, columns = np.nonzero(line)
    assert len(rows) > 200
    near = [
        (window := shell[max(0, y - 5) : y + 6, max(0, x - 5) : x + 6]).any() and not window.all()
        for y, x in zip(rows, columns, strict=True)
    ]
    assert np.mean(near) > 0.95
    output.get_by_text("off", exact=True).click()
    prompting.wait("session.truth_level is None", "the truth is off")
    prompting.settle()
    assert np.abs(prompting.picture() - before).max() <= 2
