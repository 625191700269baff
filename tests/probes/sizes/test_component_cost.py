"""What the released models cost, from their published sizes."""

import numpy as np
import pytest

from sam_explore.probes import ComponentCost
from sam_explore.tracing.cost import COMPONENTS

from ...small import small_trace


@pytest.fixture(scope="module")
def trace():
    return small_trace()


def test_shares_of_each_model_add_up(trace):
    numbers, products, largest = ComponentCost()(trace).readings
    assert numbers.columns == ("this model", "ViT-B", "ViT-L", "ViT-H")
    assert numbers.rows == products.rows == largest.rows == COMPONENTS
    np.testing.assert_allclose(numbers.values.sum(axis=0), 100)
    np.testing.assert_allclose(products.values.sum(axis=0), 100)
    # Of ViT-B's 93.735472 million: 64 x 64 positions of 768 channels.
    at = COMPONENTS.index("position encoder")
    assert numbers.values[at, 1] == pytest.approx(100 * 64 * 64 * 768 / 93_735_472)


def test_scores_and_the_mask_of_relative_positions_are_a_number_for_each_pair_of_tokens(trace):
    rows = [COMPONENTS.index(name) for name in ("global attention", "relative positions")]
    *_, largest = ComponentCost()(trace).readings
    # 12 and 16 heads, 4096 x 4096 pairs, 4 bytes.
    assert largest.values[rows, 1].tolist() == [12 * 4096**2 * 4 / 1e6] * 2
    assert largest.values[rows, 3].tolist() == [16 * 4096**2 * 4 / 1e6] * 2


def test_the_words_say_that_the_transformer_is_the_bulk_of_the_released_models(trace):
    words = ComponentCost()(trace).words
    assert (
        "ViT-B has 93.7 million parameters and needs 488 billion multiply-adds, of which" in words
    )
    assert "ViT-H has 641 million parameters" in words
    # 92672 of 93735472, and 2.4536 of 487.85 billion.
    assert "Relative positions have 0.099 % and 0.5 % of them, and need a mask of 805 MB." in words
