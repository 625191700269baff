"""Weights in files, and their average over steps."""

import torch

from sam_explore.loading import load
from sam_explore.model import TOY, Sam
from sam_explore.toy.training.starting import initialise
from sam_explore.toy.training.weights import Average, save_weights, scenes_seen

from .small_run import EIGHT_BY_EIGHT


def test_saved_weights_load_and_keep_the_frequencies_exactly(tmp_path):
    sam = initialise(Sam(TOY))
    path = tmp_path / "weights.safetensors"
    save_weights(sam, path, seen=1234)
    loaded = load(path)
    assert loaded.config == TOY
    assert torch.equal(loaded.coordinate_encoder.frequencies, sam.coordinate_encoder.frequencies)
    assert scenes_seen(path) == 1234
    assert path.stat().st_size < 16e6


def test_a_file_that_does_not_say_has_seen_nothing(tmp_path):
    save_weights(Sam(EIGHT_BY_EIGHT), tmp_path / "weights.safetensors")
    assert scenes_seen(tmp_path / "weights.safetensors") == 0


def test_the_average_by_hand():
    sam = Sam(EIGHT_BY_EIGHT)
    token = sam.mask_decoder.iou_token
    with torch.no_grad():
        token.fill_(0.0)
        average = Average(sam, decay=0.5)
        token.fill_(1.0)
        average.take(sam)  # keeps 1/11 at first
        assert torch.allclose(average.weights["mask_decoder.iou_token"], torch.tensor(10 / 11))
        for _ in range(20):
            average.take(sam)
        token.fill_(3.0)
        average.take(sam)
    found = average.network(sam).mask_decoder.iou_token
    assert torch.allclose(found, torch.tensor(2.0), atol=1e-4)
    assert not found.requires_grad


def test_an_average_goes_on_from_its_state():
    sam = Sam(EIGHT_BY_EIGHT)
    first, second = Average(sam, 0.9), Average(Sam(EIGHT_BY_EIGHT), 0.9)
    first.take(sam)
    second.load_state_dict(first.state_dict())
    assert second.steps == 1
    assert all(torch.equal(first.weights[name], second.weights[name]) for name in first.weights)
