"""Shared by the tests of the fast forms."""

from collections.abc import Callable

import pytest
import torch

from sam_explore.model.kernels.dispatch import SWITCH


@pytest.fixture
def plainly(monkeypatch) -> Callable[[Callable], object]:
    """Calls a function with the fast forms switched off."""

    def call(function: Callable) -> object:
        with monkeypatch.context() as patch:
            patch.setenv(SWITCH, "1")
            return function()

    return call


@pytest.fixture(autouse=True)
def without_gradients():
    """Where gradients are on, the fast forms never run."""
    with torch.no_grad():
        yield
