"""Numbers in words."""

import numpy as np
import torch

from sam_explore.probes.common.numbers import array, counted, place_of_greatest


def test_one_is_singular():
    assert [counted(number, "token") for number in (0, 1, 2)] == ["0 tokens", "1 token", "2 tokens"]


def test_the_greatest_is_named_by_row_and_column():
    values = np.zeros((3, 4))
    values[2, 1], values[0, 0] = 5, np.nan
    assert place_of_greatest(values) == "row 2, column 1"


def test_an_array_shares_no_memory_with_its_tensor():
    tensor = torch.ones(3, requires_grad=True)
    numbers = array(tensor)
    numbers[0] = 5
    assert tensor[0] == 1
