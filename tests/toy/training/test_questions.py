"""The simulated prompts for a scene, and the masks that they mean."""

import pytest
import torch

from sam_explore.toy.training.augmenting import augment
from sam_explore.toy.training.questions import ask
from sam_explore.toy.training.scene_cache import SceneCache

from .small_run import EIGHT_BY_EIGHT


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def nested_labels() -> torch.Tensor:
    """A whole on the left 9 of 16 columns, a part on the upper 6 rows of it, a tiny sub-part."""
    labels = torch.zeros(1, 3, 16, 16, dtype=torch.int16)
    labels[0, 0, :, :9] = 1
    labels[0, 1, :6, :9] = 2
    labels[0, 2, 0, 0] = 3  # smaller than three cells
    return labels


def test_targets_are_shares_of_cells_of_two_pixels():
    questions = ask(nested_labels(), 40, 2, generator())
    whole = torch.zeros(8, 8)
    whole[:, :4], whole[:, 4] = 1, 0.5  # the ninth column is half of the fifth cell
    part = torch.zeros(8, 8)
    part[:3, :4], part[:3, 4] = 1, 0.5
    assert set(questions.levels.tolist()) == {0, 1}
    for level, covered, point in zip(
        questions.levels, questions.covered, questions.points_unit, strict=True
    ):
        in_part = point[1] < 6 / 16
        assert level == 0 or in_part
        # Where a level has nothing that is large enough, the next coarser one stands in.
        expected = [whole, part, part] if in_part else [whole, whole, whole]
        assert torch.equal(covered, torch.stack(expected))
    assert torch.equal(questions.targets[0], questions.covered[0, questions.levels[0]])


def test_the_first_of_each_scene_are_kept():
    questions = ask(nested_labels().expand(3, -1, -1, -1), 5, 2, generator())
    few = questions.first(2, 3)
    for name, all_of_it in questions._asdict().items():
        assert torch.equal(getattr(few, name), all_of_it[[0, 1, 5, 6, 10, 11]])


def test_levels_are_asked_for_alike_and_then_sizes_alike():
    labels = torch.zeros(1, 3, 64, 64, dtype=torch.int16)
    labels[0, 0] = 1
    labels[0, 1, :32], labels[0, 1, 40:42, :] = 2, 3  # one large part
    for i in range(4):  # and four small ones
        labels[0, 1, 50, 16 * i : 16 * i + 13] = 4 + i
    questions = ask(labels, 4000, 2, generator())
    assert (questions.levels == 0).float().mean() == pytest.approx(0.36 / 0.68, abs=0.03)
    parts = questions.targets[questions.levels == 1].mean((1, 2))
    assert (parts == 0.5).float().mean() == pytest.approx(1 / 3, abs=0.04)
    assert (parts < 0.01).float().mean() == pytest.approx(1 / 3, abs=0.04)


def test_clicks_lie_on_their_targets_and_boxes_around_them(tmp_path):
    cache = SceneCache(tmp_path, 4)
    shown = augment(cache.get(range(4)), 96, EIGHT_BY_EIGHT, generator())
    questions = ask(shown.labels, 6, 2, generator())
    for level, covered, point, box in zip(*questions, strict=True):
        target = covered[level]
        x, y = (point * 48).long().tolist()
        assert target[y, x] > 0
        rows, columns = (target > 0).any(1).nonzero(), (target > 0).any(0).nonzero()
        edges = torch.stack([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        assert torch.allclose(box * 48, edges.float(), atol=48 / 50 + 1)
        assert (box >= 0).all()
        assert (box <= 1).all()


def test_most_boxes_are_jittered_and_the_others_exact():
    boxes = ask(nested_labels(), 400, 2, generator()).boxes_unit
    exact = (boxes * 16 == (boxes * 16).round()).all(dim=1).float().mean()
    assert exact == pytest.approx(0.3, abs=0.08)


def test_a_picture_without_a_region_that_is_large_enough_asks_for_what_there_is():
    labels = torch.zeros(1, 3, 16, 16, dtype=torch.int16)
    labels[0, 0, 3, 5] = 9
    questions = ask(labels, 3, 2, generator())
    assert torch.equal(questions.points_unit, torch.tensor([[5.5, 3.5]] * 3) / 16)
    assert questions.targets[0].sum() == 0.25
