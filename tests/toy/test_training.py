"""The training loop: what it asks, that it learns, that it goes on where it broke off."""

import json

import numpy as np
import pytest
import torch

from sam_explore.loading import load
from sam_explore.model import TOY, Sam
from sam_explore.toy import training
from sam_explore.toy.grouping import initialise, sinusoidal_grid
from sam_explore.toy.objective import Dialogue, plan_rounds, share_out
from sam_explore.toy.sampling import SceneStream, correction_clicks, regions_at
from sam_explore.toy.training import learning_rate, save_weights


def test_a_batch_depends_on_seed_and_step_alone():
    first = SceneStream(TOY, scenes=1, targets=2, first_step=0).batch(3)
    again = SceneStream(TOY, scenes=1, targets=2, first_step=3).batch(3)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    other = SceneStream(TOY, scenes=1, targets=2, first_step=3, seed=1).batch(3)
    assert not torch.equal(first.pixels, other.pixels)


def test_clicks_lie_on_their_targets_and_boxes_around_them():
    batch = SceneStream(TOY, scenes=2, targets=4, first_step=0).batch(0)
    side = batch.nested.shape[-1]
    assert side == 2 * TOY.mask_size
    for regions, asked, points, boxes in zip(
        batch.nested, batch.asked, batch.points_unit, batch.boxes_unit, strict=True
    ):
        for region, level, point, box in zip(regions, asked, points, boxes, strict=True):
            mask = region[level]
            x, y = (point * side).long().tolist()
            near = mask[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]
            assert near.any()  # a low-resolution pixel can miss a thin part by one
            rows, columns = mask.any(1).nonzero(), mask.any(0).nonzero()
            slack = side / 50 + 1.5
            edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            assert np.allclose(box * side, edges, atol=slack)


def test_a_click_asks_for_every_level_that_is_large_enough():
    labels = np.zeros((3, 4, 4), int)
    labels[0, :, 1:], labels[1, 2:, 2:], labels[2, 3, 3] = 7, 8, 9
    whole, part, sub_part = regions_at(labels, np.array([3.0, 3.0]), smallest=2)
    assert whole.sum() == 12
    assert part.sum() == 4
    assert not sub_part.any()  # one pixel
    assert not regions_at(labels, np.array([0.0, 0.0]), smallest=2).any()


def test_levels_are_shared_out_among_tokens():
    # The third token does best for both regions, and can have one: 2 + 3 is less than 1 + 5.
    costs = torch.tensor([[[9.0, 5.0], [2.0, 9.0], [1.0, 3.0]]])
    both = torch.tensor([[True, True]])
    assert share_out(costs, both).tolist() == [[1, 2]]
    assert share_out(costs, torch.tensor([[True, False]]))[0, 0] == 2


def test_the_best_token_learns_the_region(monkeypatch):
    side = TOY.mask_size
    region = torch.zeros(1, 1, 2 * side, 2 * side, dtype=torch.bool)
    region[..., :side, :] = True
    upper = torch.full((side, side), -9.0)
    upper[: side // 2] = 9.0
    logits = torch.stack([-upper, -upper, upper, -upper])[None].requires_grad_()
    iou = torch.tensor([[0.0, 0.9, 0.5, 0.1]])
    click, label = torch.full((1, 1, 2), 0.5), torch.ones(1, 1, dtype=torch.long)
    image = torch.zeros(1, TOY.token_dim, TOY.grid, TOY.grid)
    dialogue = Dialogue(Sam(TOY), image, region[:, 0], click, label)
    monkeypatch.setattr(Dialogue, "_decode", lambda self: (logits, iou))
    loss, best = dialogue.ask_ambiguous(region)
    loss.backward()
    assert best == 1
    # Token 2 has the mask; 1 has the best predicted IoU, and is what a correction builds on.
    assert logits.grad[0, 2].abs().sum() > 0
    assert logits.grad[0, [0, 1, 3]].abs().sum() == 0
    assert torch.equal(dialogue.answer[0], -upper)
    # The mask's own loss is next to nothing, so what is left is the error of the predicted IoUs.
    assert loss.item() == pytest.approx((0.9**2 + 0.5**2 + 0.1**2) / 3, abs=0.02)


def test_corrections_click_the_error_and_say_what_was_missed():
    target = torch.zeros(2, 4, 4, dtype=torch.bool)
    target[:, 1, 2] = True
    answer = torch.zeros_like(target)  # the first misses its pixel,
    answer[1, 1, 2] = answer[1, 3, 0] = True  # the second has one too many.
    points, labels = correction_clicks(answer, target, torch.Generator().manual_seed(0))
    torch.testing.assert_close(points, torch.tensor([[2.5 / 4, 1.5 / 4], [0.5 / 4, 3.5 / 4]]))
    assert labels.tolist() == [1, 0]


def test_a_right_answer_is_clicked_inside_its_target():
    target = torch.zeros(1, 4, 4, dtype=torch.bool)
    target[0, 1, 2] = True
    points, labels = correction_clicks(target, target, torch.Generator().manual_seed(0))
    assert points.tolist() == [[2.5 / 4, 1.5 / 4]]
    assert labels.tolist() == [1]


def test_rounds_are_planned_as_in_the_paper():
    generator = torch.Generator().manual_seed(0)
    plans = [plan_rounds(8, generator) for _ in range(2000)]
    lengths = np.array([len(plan) + 1 for plan in plans])
    # n rounds with a chance in proportion to 1/n: 1 in 2.718 (1 + 1/2 + ... + 1/8) has one only.
    assert set(lengths) == set(range(1, 9))
    assert np.mean(lengths == 1) == pytest.approx(1 / 2.718, abs=0.04)
    for plan, length in zip(plans, lengths, strict=True):
        assert plan.count(False) == int(length >= 3) + int(length >= 5)
        assert length < 3 or (plan[0] and not plan[-1])
    assert plan_rounds(1, generator) == []


def test_a_round_without_a_click_only_feeds_the_logits_back():
    sam = initialise(Sam(TOY))
    batch = SceneStream(TOY, scenes=1, targets=2, first_step=0).batch(0)
    tokens = sam.encode_image(batch.pixels).repeat_interleave(2, dim=0)
    labels = torch.ones(2, 1, dtype=torch.long)
    targets = batch.nested[0, torch.arange(2), batch.asked[0]]
    dialogue = Dialogue(sam, tokens, targets, batch.points_unit[0][:, None], labels)
    dialogue.ask_ambiguous(batch.nested[0])
    dialogue.correct(torch.Generator(), clicks=False)
    assert dialogue.points.shape == (2, 1, 2)
    assert torch.equal(dialogue.hints[:, 0], dialogue.answer)
    dialogue.correct(torch.Generator())
    assert dialogue.points.shape == (2, 2, 2)
    half = dialogue.every_second()
    assert half.boxes is None
    assert torch.equal(half.targets, dialogue.targets[:1])
    assert torch.equal(half.answer, dialogue.answer[:1])


def test_training_goes_on_from_given_weights(tmp_path):
    save_weights(initialise(Sam(TOY)), tmp_path / "start.safetensors")
    given = options(tmp_path / "run", 1)
    given.start = tmp_path / "start.safetensors"
    begun = training.Training(given)
    wanted = load(given.start).state_dict()
    assert all(torch.equal(wanted[name], each) for name, each in begun.sam.state_dict().items())
    begun.run()
    changed = begun.sam.image_encoder.patch_embedding.projection.weight
    assert not torch.equal(changed, wanted["image_encoder.patch_embedding.projection.weight"])


def test_position_encodings_can_begin_at_random(tmp_path):
    given = options(tmp_path, 1)
    sines = training.Training(given).sam.image_encoder.position_encoder.table
    assert torch.equal(sines, sinusoidal_grid(TOY.grid, TOY.encoder_dim))
    given.random_positions = True
    table = training.Training(given).sam.image_encoder.position_encoder.table
    # Neighbours are alike in sines and cosines, and have nothing to do with each other at random.
    assert torch.cosine_similarity(sines[0, 3, 3], sines[0, 3, 4], dim=0) > 0.9
    assert abs(torch.cosine_similarity(table[0, 3, 3], table[0, 3, 4], dim=0)) < 0.3
    assert table.square().mean().item() == pytest.approx(sines.square().mean().item(), rel=0.05)


def test_the_rate_warms_up_stays_and_decays():
    assert learning_rate(0, 1000, 1.0, 0.3, warmup=100) == pytest.approx(0.01)
    assert learning_rate(500, 1000, 1.0, 0.3, warmup=100) == 1.0
    assert learning_rate(850, 1000, 1.0, 0.3, warmup=100) == pytest.approx(0.5)
    assert learning_rate(1000, 1000, 1.0, 0.3, warmup=100) == 0.0


def test_sinusoidal_start_by_hand():
    # Four channels have one frequency, 1: sine and cosine of the column, then of the row.
    table = sinusoidal_grid(grid=3, dim=4)[0]
    expected = [np.sin(2), np.cos(2), np.sin(1), np.cos(1)]
    assert np.allclose(table[1, 2], expected)


def options(folder, steps):
    arguments = f"--folder {folder} --steps {steps} --grouping-steps 1 --scenes 1 --targets 4"
    return training._parser().parse_args(arguments.split())


def test_a_resumed_run_is_the_same_run(tmp_path, monkeypatch):
    # Constant rate: else the shorter run would already decay.
    monkeypatch.setattr(training, "learning_rate", lambda *_: 1e-3)
    whole = training.Training(options(tmp_path / "whole", 3))
    whole.run()
    training.Training(options(tmp_path / "parts", 2)).run()
    resumed = training.Training(options(tmp_path / "parts", 3))
    assert resumed.step == 2
    resumed.run()
    for name, weight in whole.sam.state_dict().items():
        assert torch.equal(weight, resumed.sam.state_dict()[name]), name
    lines = (tmp_path / "parts" / "log.jsonl").read_text().splitlines()
    steps = [json.loads(line)["step"] for line in lines]
    assert steps == [2, 3]


def test_processes_that_train_together_step_by_their_mean_gradient(tmp_path, monkeypatch):
    command = "--steps 1 --grouping-steps 0 --scenes 1 --targets 2 --threads 1 --folder"
    training.main([*command.split(), str(tmp_path / "two"), "--processes", "2"])
    trained = torch.load(tmp_path / "two" / "checkpoint.pt", weights_only=True)

    shares = []
    monkeypatch.setattr(
        training, "_average_gradients", lambda of: shares.append([each.grad.clone() for each in of])
    )
    given = training._parser().parse_args([*command.split(), str(tmp_path / "one")])
    for rank in (0, 1):
        alone = training.Training(given)
        alone.rank, alone.processes = rank, 2
        alone._train_on(SceneStream(TOY, scenes=1, targets=2, first_step=0).batch(rank))
    wanted = training.Training(given)
    for parameter, *gradients in zip(wanted.parameters, *shares, strict=True):
        parameter.grad = sum(gradients) / 2
    torch.nn.utils.clip_grad_norm_(wanted.sam.parameters(), 1.0)
    wanted.optimiser.param_groups[0]["lr"] = learning_rate(0, 1, given.rate, given.decay)
    wanted.optimiser.step()

    assert trained["step"] == 1
    assert len((tmp_path / "two" / "log.jsonl").read_text().splitlines()) == 1
    for name, weight in wanted.sam.state_dict().items():
        assert torch.allclose(weight, trained["sam"][name], atol=1e-7), name


def test_processes_draw_scenes_of_their_own():
    stream = iter(SceneStream(TOY, scenes=1, targets=1, first_step=1, stride=2))
    whole = SceneStream(TOY, scenes=1, targets=1, first_step=0)
    for step in (1, 3):
        assert torch.equal(next(stream).pixels, whole.batch(step).pixels)


def test_exported_weights_load_and_keep_the_frequencies_exactly(tmp_path):
    sam = initialise(Sam(TOY))
    save_weights(sam, tmp_path / "weights.safetensors")
    loaded = load(tmp_path / "weights.safetensors")
    assert loaded.config == TOY
    assert torch.equal(loaded.coordinate_encoder.frequencies, sam.coordinate_encoder.frequencies)
