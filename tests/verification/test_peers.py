"""A difference is detected, and a missing package is reported."""

import pytest
import torch

from sam_explore.verification import peers
from sam_explore.verification.rows import Row, Subject

from ..checkpoints import official_weights
from ..parity.reference import segment_anything


def rows(subject: Subject, weights: dict[str, torch.Tensor]) -> dict[str, Row]:
    assert segment_anything
    found = peers.compare(subject, weights, lambda sentence: None)
    return {row.name.partition(": ")[2]: row for row in found if "segment" in row.name}


def test_another_encoder_is_seen_in_the_embedding_and_not_in_the_decoder(subject):
    weights = dict(official_weights())
    weights["image_encoder.neck.3.bias"] = weights["image_encoder.neck.3.bias"] + 1e-3

    found = rows(subject, weights)
    assert found["embedding"].holds is False
    assert found["logits of a click"].holds
    assert found["predicted IoU of a box"].holds


def test_another_iou_head_is_seen_in_the_predicted_iou_alone(subject):
    weights = dict(official_weights())
    name = "mask_decoder.iou_prediction_head.layers.2.bias"
    weights[name] = weights[name] + 0.1

    found = rows(subject, weights)
    wrong = {name for name, row in found.items() if not row.holds}
    assert wrong == {"predicted IoU of a click", "predicted IoU of a box"}


def test_other_prompt_tokens_are_seen_where_they_are_used(subject):
    weights = dict(official_weights())
    name = "prompt_encoder.point_embeddings.2.weight"
    weights[name] = weights[name] + 1

    found = rows(subject, weights)
    assert found["logits of a click"].holds
    assert found["logits of a box"].holds is False


def test_what_can_not_be_imported_is_reported_and_not_judged(subject, monkeypatch):
    def missing(name: str):
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(peers.importlib, "import_module", missing)
    found = peers.compare(subject, dict(official_weights()), lambda sentence: None)
    assert [row.measured for row in found] == [
        "not compared: No module named 'segment_anything'",
        "not compared: No module named 'transformers'",
    ]
    assert {row.holds for row in found} == {None}


def test_relative_error_is_of_the_largest_value():
    reference = torch.tensor([1.0, -4.0])
    assert peers.relative_error(torch.tensor([2.0, -4.0]), reference) == pytest.approx(0.25)
