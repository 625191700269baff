"""Which exhibits read what, from their own declarations."""

import pytest

from sam_explore import probes
from sam_explore.course.network.exhibits import declared, exhibits_of, knobs_for
from sam_explore.course.network.parts import INPUTS
from sam_explore.model import Sam
from sam_explore.model.addresses import LOGITS, in_block, in_layer

from ...small import SMALL


def reading(hook: str) -> set[str]:
    return {probe.__name__ for probe in exhibits_of([hook])}


@pytest.mark.parametrize(
    ("hook", "some", "others"),
    [
        (in_block(2, "hook_residual_post"), {"BlockNorms", "BlockChannel"}, {"RawLogits"}),
        (in_block(0, "attention.hook_pattern"), {"AttentionRow", "HeadAtlas"}, {"BlockNorms"}),
        # By half a name: "hook_pattern of all attentions of mask_decoder.transformer".
        (in_layer(1, "self_attention.hook_pattern"), {"LogitBySource"}, {"AttentionRow"}),
        # By a name that continues another one: ", .hook_quarter and .hook_out".
        ("mask_decoder.mask_hint_encoder.hook_quarter", {"HintStages"}, {"RawLogits"}),
        # In words: "the prediction".
        (LOGITS, {"RawLogits", "MaskThreshold"}, {"BlockNorms", "KernelAtlas"}),
        ("picture", {"PatchGrid"}, {"KernelAtlas"}),
    ],
)
def test_a_hook_point_has_the_exhibits_that_declare_it(hook, some, others):
    found = reading(hook)
    assert some <= found
    assert not others & found


def test_what_says_least_of_others_comes_first():
    found = exhibits_of([in_block(0, "hook_residual_post")])
    lengths = [len(declared(probe)) for probe in found]
    assert lengths == sorted(lengths)


def test_nearly_every_exhibit_is_found_from_somewhere():
    """The others read weights and sizes, and no tensor of a run."""
    hooks = [*Sam(SMALL).hook_points, *INPUTS]
    missing = {probe.__name__ for probe in probes.PROBES} - {
        probe.__name__ for probe in exhibits_of(hooks)
    }
    assert missing == {"ComponentCost", "CoordinateWaves", "LearnedKinds", "WindowLayout"}


def test_an_exhibit_opens_at_the_block_or_the_layer():
    assert knobs_for(probes.BlockChannel, "block", 2) == {"block": 2}
    assert knobs_for(probes.RawLogits, "block", 2) == {}
    assert knobs_for(probes.ImageToTokenAttention, "layer", 1) == {"layer": 1}
    assert knobs_for(probes.BlockChannel, "answer", None) == {}
