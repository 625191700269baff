"""How two networks' masks agree, and that those in the repository were packed to agree."""

import numpy as np

from sam_explore.course.checkpoints.__main__ import agreement


def test_a_half_that_is_missed_and_two_that_are_empty():
    whole, half, empty = np.ones((2, 2), bool), np.eye(2, dtype=bool), np.zeros((2, 2), bool)
    assert agreement(np.array([whole, whole, empty]), np.array([whole, half, empty])) == 2.5 / 3
    assert agreement(np.array([empty]), np.array([half])) == 0
