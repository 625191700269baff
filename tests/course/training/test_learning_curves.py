"""The chart of what is learned when, from the checkpoints in the repository."""

import numpy as np
import pytest

from sam_explore.course import learning_curves
from sam_explore.course.checkpoints.kept import checkpoints
from sam_explore.course.facts.learning import learned


def test_the_last_checkpoint_is_like_itself_and_knows_more_than_the_first():
    levels, alike = learning_curves(scenes=2).readings
    numbers = [each.scenes for each in checkpoints()[:-1]]
    assert levels.x.tolist() == alike.x.tolist() == numbers
    assert levels.words.startswith("In the mean of 2 scenes the best of the three masks ends with")
    assert f"wholes {levels.curves[0].y[-1]:.2f} (chance" in levels.words
    assert [curve.name for curve in levels.curves[3:]] == [
        "wholes, chance",
        "parts, chance",
        "sub-parts, chance",
    ]
    assert [curve.y[-1] for curve in alike.curves] == pytest.approx([1, 1])
    whole = levels.curves[0]
    assert whole.name == "wholes"
    assert whole.y[-1] > whole.y[0]
    assert np.allclose(whole.y, learned(2).levels[:, :, 0].mean(axis=1))


def test_no_scenes_are_refused():
    with pytest.raises(ValueError, match="expects at least 1 scene, but got 0"):
        learning_curves(scenes=0)
