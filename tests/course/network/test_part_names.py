"""A part by what a reader calls it."""

import pytest

from sam_explore.course.network.part_names import part_named
from sam_explore.course.network.parts import Network
from sam_explore.model import Sam

from ...small import SMALL


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(Sam(SMALL))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("image_encoder.vit", "image_encoder.vit"),
        ("Vision transformer", "image_encoder.vit"),
        ("stage 2", "image_encoder.vit.stages.1"),
        ("block 3", "image_encoder.vit.blocks.3"),
        ("layer 1", "mask_decoder.transformer.layers.1"),
        ("self attention", "mask_decoder.transformer.layers.0.self_attention"),
    ],
)
def test_by_path_or_title(network, name, path):
    assert part_named(network, name).name == path


def test_an_unknown_name_lists_the_close_ones(network):
    with pytest.raises(ValueError, match=r"no part that is called 'stage 9'\. Did you mean 'stage"):
        part_named(network, "stage 9")
    with pytest.raises(ValueError, match=r"called 'mask_decodr'.+ 'mask decoder'"):
        part_named(network, "mask_decodr")
