"""Packed weights: what is rounded, and by how much."""

import lzma

import pytest
import safetensors.torch
import torch

from sam_explore.course.checkpoints.packing import pack, unpack


def test_rows_are_rounded_to_47ths_of_their_largest_number():
    matrix = torch.zeros(2, 1500)
    matrix[0, :3] = torch.tensor([47.0, 12.4, -30.6])
    matrix[1, 0] = -0.5
    back = unpack(pack({"matrix": matrix}))["matrix"]
    assert back[0, :4].tolist() == [47, 12, -31, 0]
    assert back[1, :2].tolist() == pytest.approx([-0.5, 0], rel=1e-3)  # the step is fp16


def test_small_tensors_and_frequencies_stay_as_they_are_in_fp16():
    weights = {
        "bias": torch.randn(3000),
        "small": torch.randn(4, 5),
        "frequencies": torch.randn(2, 2000),
    }
    back = unpack(pack(weights))
    assert set(back) == set(weights)
    for name, tensor in weights.items():
        assert torch.equal(back[name], tensor.half().float())


def test_with_fewer_numbers_steps_are_larger():
    matrix = torch.zeros(1, 3000)
    matrix[0, :3] = torch.tensor([3.0, 1.4, -0.6])
    back = unpack(pack({"matrix": matrix}, largest=3))["matrix"]
    assert back[0, :4].tolist() == [3, 1, -1, 0]


def test_a_row_of_zeros_stays_zero():
    assert not unpack(pack({"matrix": torch.zeros(3, 1000)}))["matrix"].any()


@pytest.mark.parametrize(
    "content", [b"", b"something else", lzma.compress(safetensors.torch.save({}))]
)
def test_other_bytes_are_refused(content):
    with pytest.raises(ValueError, match="expected weights as pack writes them"):
        unpack(content)
