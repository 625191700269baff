"""The first clicks: notebook 01 begins empty, and elsewhere a click replaces the example."""

from pathlib import Path

import numpy as np

import sam_explore as sx
from sam_explore.mask_overlap import mask_iou
from sam_explore.plots import style
from sam_explore.scenes import example_scene

from .lab import Lab
from .prompting import MEADOW, SHELL, Prompting

FIRST = Path(__file__).parents[2] / "notebooks" / "01_prompting.ipynb"
EXAMPLE = """
import sam_explore as sx

session = sx.Session(sx.load(), sx.example("turtle"))
session.show_example((256, 180))
canvas = sx.PromptCanvas(session)
canvas
"""


def one_click() -> sx.Prediction:
    """What the shell's click alone gives."""
    sam = sx.load()
    return sx.predict(sam, sx.encode(sam, sx.example("turtle")), sx.Prompts(points=[SHELL]))


def test_in_notebook_1_the_first_click_gives_what_one_click_gives(lab: Lab):
    prompting = Prompting(lab.open(FIRST))
    assert prompting.notebook.value("session.prompts.is_empty")
    prompting.click(SHELL)
    prompting.settle()
    assert prompting.notebook.value("len(session.prompts.points)") == 1
    expected, scene = one_click(), example_scene("turtle")
    shell = scene.mask(scene.index("turtle/shell"))
    chosen = expected.masks()[expected.chosen]
    assert prompting.notebook.value("session.shown_mask") == expected.chosen
    assert mask_iou(prompting.mask(), shell) == mask_iou(chosen, shell)
    assert abs(mask_iou(prompting.shown(), shell) - mask_iou(chosen, shell)) < 0.03


def test_an_example_is_announced_and_the_first_click_replaces_it(lab: Lab):
    prompting = Prompting(lab.open([EXAMPLE]))
    prompting.read("An example, drawn with dashes: your first click takes its place.")
    disc = prompting.picture()[175:186, 251:262].reshape(-1, 3)
    prompting.click(SHELL)
    prompting.settle()
    points = prompting.notebook.value("session.prompts.points.tolist()")
    assert np.abs(np.subtract(points, [SHELL])).max() <= 1
    prompting.read("1 foreground point. Mask")
    assert prompting.notebook.page.get_by_text("An example, drawn").count() == 0
    own = prompting.picture()[295:306, 225:236].reshape(-1, 3)
    # The reader's disc is filled, and that of the example is not.
    green = np.array(style.rgba(style.FOREGROUND)[:3]).astype(int)
    filled = [(np.abs(each.astype(int) - green).max(axis=1) < 12).mean() for each in (disc, own)]
    assert filled[0] < 0.05
    assert filled[1] > 0.3


def test_a_second_click_corrects_and_the_switch_shows_what_that_does(prompting: Prompting):
    prompting.click(SHELL)
    prompting.settle()
    prompting.notebook.output("button").filter(has_text="Background").click()
    prompting.click(MEADOW)
    prompting.settle()
    prompting.read("with the logits of the mask before fed back")
    fed = prompting.mask()
    prompting.notebook.page.get_by_label("Feed logits back").uncheck()
    prompting.wait("not session.feeds_back", "feedback is off")
    prompting.settle()
    prompting.read("nothing goes back")
    prompting.assert_mask_is_shown()
    assert (prompting.mask() != fed).any()
