"""What probes of drawn scenes have encoded."""

import pytest

from sam_explore.prediction import EncodedImage, encode
from sam_explore.probes.common import input_sizes


@pytest.fixture
def encoded_pictures(monkeypatch: pytest.MonkeyPatch) -> list[EncodedImage]:
    """The pictures that are encoded during the test as in the run, or with a smaller input."""
    found: list[EncodedImage] = []

    def kept(*args: object, **how: object) -> EncodedImage:
        found.append(encode(*args, **how))
        return found[-1]

    monkeypatch.setattr(input_sizes, "encode", kept)
    return found
