"""Shared by the parity tests."""

import pytest
import torch

from .trio import SMALL_CONFIGS, Trio, build_trio


@pytest.fixture(scope="session", params=SMALL_CONFIGS.values(), ids=SMALL_CONFIGS)
def trio(request: pytest.FixtureRequest) -> Trio:
    """Each of the small sizes in turn, with two pictures to encode."""
    return build_trio(request.param, seed=len(request.param.name), images=2)


@pytest.fixture(autouse=True)
def without_gradients():
    """Nothing here needs them, and the references keep every activation otherwise."""
    with torch.no_grad():
        yield
