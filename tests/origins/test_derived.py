"""Lengths, means, products and cosines of numbers of a run, worked out by hand."""

import numpy as np
import pytest
import torch

from sam_explore.model.addresses import POSITION_ENCODING
from sam_explore.origins import (
    ALL,
    address_of,
    cosine_of,
    difference,
    explain,
    length_of,
    mean_of,
    product_of,
    ratio_of_lengths,
    read_of,
    there,
)
from sam_explore.tracing import Trace

from ..small import putting, small_trace

PLACE, OTHER = (0, 1, 2, ALL), (0, 3, 4, ALL)


@pytest.fixture(scope="module")
def trace() -> Trace:
    """A run in which two position encodings are 3, 4, 0 … and 0, 5, 0 …"""
    values = np.zeros((1, 5, 5, 24))
    values[0, 1, 2, :2] = 3, 4
    values[0, 3, 4, 1] = 5
    return putting(small_trace(), POSITION_ENCODING, values)


def test_a_length(trace):
    found = length_of(trace, there(POSITION_ENCODING, PLACE), "length")
    assert (found.result, found.name, found.address, found.model) == (5.0, "length", "", None)
    assert found.numbers.startswith("√(4² + 3² + 0²")
    assert found.operands[0].at == f"{POSITION_ENCODING}[0, 1, 2, 1]"
    assert found.operands[0].explain().title == "Set by an edit of this run"


def test_a_mean(trace):
    assert mean_of(trace, there(POSITION_ENCODING, PLACE), "mean").result == 7 / 24


def test_a_product_with_a_divisor_and_one_of_single_numbers(trace):
    one, other = there(POSITION_ENCODING, PLACE), there(POSITION_ENCODING, OTHER)
    assert product_of(trace, one, other, "product", 2).result == 10.0
    single = there(POSITION_ENCODING, (0, 1, 2, 1))
    found = product_of(trace, single, single, "square", bias=there(POSITION_ENCODING, (0, 3, 4, 1)))
    assert (found.result, found.numbers) == (21.0, "4 · 4 + 5 = 21")


def test_a_cosine_whose_parts_can_be_asked(trace):
    one, other = there(POSITION_ENCODING, PLACE), there(POSITION_ENCODING, OTHER)
    found = cosine_of(trace, one, other, "cosine")
    assert found.result == 20 / 25
    assert found.numbers == "20 / (5 · 5) = 0.8"
    product, length, _ = found.operands
    assert product.explain().result == 20.0
    assert length.explain().result == 5.0


def test_a_ratio_of_lengths(trace):
    one, other = there(POSITION_ENCODING, PLACE), there(POSITION_ENCODING, (0, 1, 2, 0))
    assert ratio_of_lengths(trace, one, other, "ratio").result == 5 / 3


def test_a_number_that_was_learned_is_read(trace):
    weight = trace.sam.image_encoder.patch_embedding.projection.bias
    address = address_of(trace.sam, weight)
    assert address == "image_encoder.patch_embedding.projection.bias"
    found = read_of(trace, there(address, (3,)), "bias")
    assert found.result == float(weight[3])
    assert not found.operands[0].can_be_asked


def test_a_difference_of_two_runs(trace):
    runs = small_trace(trace.sam), trace
    found = difference(
        *(explain(each, POSITION_ENCODING, (0, 1, 2, 1)) for each in runs), ("B", "A")
    )
    learned = float(trace.sam.image_encoder.position_encoder.table[0, 1, 2, 1])
    assert found.result == pytest.approx(learned - 4, rel=1e-6)
    assert [each.name[:2] for each in found.operands] == ["B:", "A:"]
    assert found.operands[1].explain().result == 4.0


def test_the_rest_of_a_long_sum_is_asked_for_the_next_ones():
    trace = putting(small_trace(), POSITION_ENCODING, np.arange(24.0).reshape(1, 1, 1, 24))
    found = mean_of(trace, there(POSITION_ENCODING, PLACE), "mean")
    assert found.result == 11.5
    rest = found.operands[-1]
    assert (rest.value, rest.name) == (sum(range(18)), "the sum of the other 18 channels")
    again = rest.explain()
    assert again.numbers == "17 + 16 + 15 + 14 + 13 + 12 + 66 = 153"
    last = again.operands[-1].explain().operands[-1].explain()
    assert last.numbers == "5 + 4 + 3 + 2 + 1 + 0 = 15"
    assert torch.is_grad_enabled()
