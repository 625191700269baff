"""Figures behind the claims, on cases worked out by hand."""

import numpy as np
import pytest
import torch

from sam_explore.geometry import Prompts
from sam_explore.prediction import Prediction
from sam_explore.verification import decoder_claims, encoder_claims
from sam_explore.verification.rows import Row, Subject, logit_change, mask_change, measured

from ..checkpoints import CUSTOM, official_weights
from ..parity.reference import build_ours

AT = np.arange(10)


def wave(cycles: int, along_x: bool, cosine: bool) -> np.ndarray:
    values = (np.cos if cosine else np.sin)(2 * np.pi * cycles * AT / 10)
    return np.broadcast_to(values[None] if along_x else values[:, None], (10, 10))


def with_table(picture, channels: list[np.ndarray]) -> Subject:
    sam = build_ours(CUSTOM, {name: each.clone() for name, each in official_weights().items()})
    table = torch.tensor(np.stack(channels, axis=-1), dtype=torch.float32)
    sam.image_encoder.position_encoder.table.copy_(table[None])
    return Subject(sam, *picture)


def test_waves_in_families_hold_and_the_same_in_another_order_do_not(picture):
    # Eight channels a family: for x sines of 2 and 1 cycles and cosines of 3 and 2; so for y too.
    channels = [
        wave(cycles + cosine, along_x, cosine)
        for along_x in (True, False)
        for cosine in (False, True)
        for cycles in (2, 2, 2, 2, 1, 1, 1, 1)
    ]
    slow, families, falling, faster = encoder_claims.waves_in_the_table_of_positions(
        with_table(picture, channels)
    )
    assert families.measured == "100, 100, 0 and 0 % along x"
    assert falling.measured == "falls or stays in 100, 100, 100 and 100 % of the steps"
    assert faster.measured.startswith("2.50 against 1.50 cycles along x")
    assert all(row.holds for row in (families, falling, faster))
    assert slow.measured.startswith("75 % of the power")  # all but the cosines of 3

    backwards = encoder_claims.waves_in_the_table_of_positions(with_table(picture, channels[::-1]))
    assert [row.holds for row in backwards[1:]] == [False, True, False]  # 6 of 7 steps stay


def test_frequencies_that_rise_do_not_fall(picture):
    channels = [
        wave(cycles, along_x, cosine)
        for along_x in (True, False)
        for cosine in (False, True)
        for cycles in (1, 1, 2, 2, 3, 3, 4, 4)
    ]
    found = encoder_claims.waves_in_the_table_of_positions(with_table(picture, channels))
    assert found[2].measured == "falls or stays in 57, 57, 57 and 57 % of the steps"
    assert found[2].holds is False


def test_slow_waves_are_those_of_two_cycles_at_most():
    table = np.stack([wave(2, True, True), wave(3, False, False)], axis=-1)
    assert encoder_claims.slow_share(table) == pytest.approx(0.5)


def test_changes_of_logits_and_masks():
    before = np.array([[3.0, 3.0], [-1.0, -1.0]])  # two from the mean
    assert logit_change(before, before + 1) == 0.5
    assert mask_change(before, np.array([[3.0, -3.0], [1.0, -1.0]])) == pytest.approx(2 / 3)


def test_the_click_lies_on_the_object_and_the_box_around_it(picture, subject):
    assert subject.click.points.tolist() == [[32, 20]]
    assert subject.box.box.tolist() == [20, 10, 45, 31]
    hollow = np.zeros((9, 9), bool)
    hollow[[0, 8]] = True  # its centre is not on it
    x, y = Subject(subject.sam, np.zeros((9, 9, 3), np.uint8), hollow).click.points[0].astype(int)
    assert hollow[y, x]


def answering(subject: Subject, answers: list[tuple[list[int], list[float]]]) -> Subject:
    """The same, but its grid of clicks got masks of these widths and these predicted IoUs."""
    found = []
    for widths, predicted in answers:
        logits = np.full((4, 40, 40), -9.0, np.float32)
        for mask, width in enumerate(widths):
            logits[mask, :, :width] = 9
        frame = subject.encoded.frame
        prompts = Prompts(points=[(30.0, 20.0)])
        found.append(Prediction(logits, np.array(predicted, np.float32), prompts, frame))
    other = Subject(subject.sam, subject.image, subject.truth)
    object.__setattr__(other, "grid", found)
    return other


def test_the_roles_of_tokens_are_the_order_that_comes_most(subject):
    answers = [([9, 5, 10, 20], [0, 0, 0, 1.0])] * 3 + [([9, 20, 10, 5], [0, 1.0, 0, 0])]
    order, clear = decoder_claims.roles_of_the_mask_tokens(answering(subject, answers))
    assert order.measured == "1 < 2 < 3 in 75 % of the clicks"
    assert order.holds
    assert float(clear.measured.split()[0]) == pytest.approx(9 / 20, abs=0.03)


def test_scores_above_one_are_counted(subject):
    answers = [([5, 5, 10, 20], [0.9, 1.2, 0.3, 1.0])]
    above, order = decoder_claims.scores_of_many_clicks(answering(subject, answers))
    assert above.measured == "from 0.30 to 1.20; 1 of 4 above 1"
    assert above.holds
    held, _ = decoder_claims.scores_of_many_clicks(
        answering(subject, [([5, 5, 10, 20], [0.9, 0.2, 0.3, 1.0])])
    )
    assert held.holds is False
    assert "rank correlation" in order.measured


def test_a_measurement_that_fails_is_a_row_and_not_the_end(subject):
    def heads_of_nothing(subject: Subject) -> list[Row]:
        raise RuntimeError("no heads")

    (row,) = measured(heads_of_nothing, subject)
    assert row == Row("heads of nothing", "RuntimeError: no heads", "a figure", False)
