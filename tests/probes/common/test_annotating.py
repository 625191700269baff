"""The three stages by hand, on a scene of two regions and a model whose answers are given."""

import numpy as np
import pytest

from sam_explore.automatic import Filters
from sam_explore.geometry import Frame, Prompts
from sam_explore.prediction import Prediction
from sam_explore.probes.common.annotating import (
    AnnotatedScene,
    SceneToAnnotate,
    annotate,
    scenes_to_annotate,
    stage_figures,
)
from sam_explore.tracing import Cancelled, between_steps

# A picture of 16 x 16 pixels in 4 tokens a side, so one logit a pixel.
FRAME = Frame((16, 16), (16, 16), 16, 4)
LEFT, RIGHT = np.zeros((2, 16, 16), bool)
LEFT[:, :8], RIGHT[:, 8:] = True, True
SCENE = SceneToAnnotate(0, np.zeros((16, 16, 3), np.uint8), np.array([LEFT, RIGHT]))
QUARTER = LEFT & (np.arange(16) < 4)  # the first quarter: half of the left region


def answer(prompts: Prompts, *masks: np.ndarray, iou: list[float]) -> Prediction:
    logits = np.array([np.where(mask, 9.0, -9.0) for mask in masks], np.float32)
    return Prediction(logits, np.array(iou, np.float32), prompts, FRAME)


class StandIn:
    """A model that knows the left region after a second click, and never the right one."""

    def __init__(self):
        self.asked: list[Prompts] = []

    def __call__(self, asked: list[Prompts]) -> list[Prediction]:
        self.asked += asked
        return [self._answer(prompts) for prompts in asked]

    def _answer(self, prompts: Prompts) -> Prediction:
        everything, nothing = LEFT | RIGHT, LEFT & RIGHT
        is_left = prompts.points[0][0] < 8
        if len(prompts.points) == 1:
            # The published rule takes mask 2, the best predicted of masks 1 to 3.
            shown = QUARTER if is_left else everything
            iou = [0.99, 0.3, 0.9 if is_left else 0.6, 0.2]
            return answer(prompts, nothing, nothing, shown, nothing, iou=iou)
        shown = LEFT if is_left else everything
        return answer(prompts, shown, nothing, nothing, nothing, iou=[0.1, 0.9, 0.9, 0.9])


@pytest.fixture(scope="module")
def model() -> StandIn:
    return StandIn()


@pytest.fixture(scope="module")
def annotated(model: StandIn) -> AnnotatedScene:
    return annotate(model, FRAME, SCENE, 3, 2, "Scene")


def test_the_annotator_clicks_what_is_wrong_and_token_0_answers(annotated, model):
    # Left: a half, then all of it. Right: everything, of which it is a half.
    assert annotated.by_click.tolist() == [[0.5, 1.0, 1.0], [0.5, 0.5, 0.5]]
    (first, of_right), (second, right), (third, _) = (model.asked[at : at + 2] for at in (0, 2, 4))
    assert LEFT[*first.points[0].astype(int)[::-1]]
    assert RIGHT[*of_right.points[0].astype(int)[::-1]]
    assert (first.mask_hint, second.labels.tolist()) == (None, [1, 1])
    assert 4 <= second.points[1][0] < 8  # in the half that was missed
    assert right.labels.tolist() == [1, 0]  # what is too much lies in the left region
    assert right.points[1][0] < 8
    assert (second.mask_hint > 0).tolist() == QUARTER.tolist()  # the logits that were shown
    assert third.labels[2] == 1  # nothing is wrong: anywhere in the region


def test_the_grid_is_asked_about_and_each_candidate_held_against_each_region(annotated, model):
    assert [prompts.points[0].tolist() for prompts in model.asked[6:]] == [
        [4, 4], [12, 4], [4, 12], [12, 12],
    ]  # fmt: skip
    assert len(annotated.candidates) == 12
    assert annotated.overlaps[1].tolist() == [0.5, 0.0]  # token 2 of the first point
    assert annotated.overlaps[4].tolist() == [0.5, 0.5]


def test_the_three_stages_with_a_goal_that_a_click_reaches(annotated):
    confident, own = Filters(0.8, 0, 0.7), Filters(0.5, 0, 0.7)
    found = stage_figures(annotated, 0.9, confident, own)
    # By hand the left region takes two clicks, and the right one all three without success.
    assert found.done.tolist() == [0, 0, 0.5, 0.5]
    assert found.done_filled.tolist() == [0, 0, 0.5, 0.5]
    assert found.iou.tolist() == [0.5, 0.75, 0.75]
    assert found.clicks.tolist() == [2.5, 2.5]
    # Of two alike the first remains: the quarter, predicted 0.9, and everything, predicted 0.6.
    assert found.masks.tolist() == [1, 0, 2, 2, 0]
    assert found.regions.tolist() == [0, 1, 0]


def test_what_is_filled_in_right_takes_no_click(annotated):
    found = stage_figures(annotated, 0.5, Filters(0.8, 0, 0.7), Filters(0.95, 0, 0.7))
    # At half, one click is enough for either; the quarter is filled in for the left region.
    assert found.done.tolist() == [0, 1, 1, 1]
    assert found.done_filled.tolist() == [0.5, 1, 1, 1]
    assert found.clicks.tolist() == [1, 0.5]
    assert found.iou.tolist() == [0.5] * 3  # who is done does not click again
    assert found.masks.tolist() == [1, 1, 0, 0, 0]
    assert found.regions.tolist() == [0.5, 0, 0]


def test_progress_is_told_and_work_can_be_stopped():
    said: list[str] = []
    with between_steps(said.append):
        annotate(StandIn(), FRAME, SCENE, 2, 1, "Scene 3 of 4")
    assert said == [f"Scene 3 of 4: {step}" for step in (
        "click 1 of 2", "click 2 of 2", "point 1 of 1",
    )]  # fmt: skip

    def stop(step: str) -> None:
        raise Cancelled

    with between_steps(stop), pytest.raises(Cancelled):
        annotate(StandIn(), FRAME, SCENE, 2, 1, "Scene")


def test_scenes_are_clear_and_the_same_each_time_with_regions_of_a_fair_size():
    first, second = (next(scenes_to_annotate(start)) for start in (0, 0))
    assert first is second
    assert first.truths.mean(axis=(1, 2)).min() >= 0.01
    assert first.image.shape[:2] == first.truths.shape[1:]
