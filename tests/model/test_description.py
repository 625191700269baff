"""The network's description of itself is right: steps, addresses and the decoder's tokens."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import sam_explore
from sam_explore.geometry import Prompts
from sam_explore.model import DecoderTokens, addresses
from sam_explore.model.config import LOGITS_A_TOKEN
from sam_explore.model.description import ANSWER, EMBED, PREPARE, PROJECT, PROMPTS, READ
from sam_explore.model.description import block_step as block
from sam_explore.model.description import layer_step as layer

from ..small import SMALL, small_sam, small_trace


@pytest.fixture(scope="module")
def sam():
    return small_sam()


def test_the_chain_is_the_run_step_by_step(sam):
    assert [link.step for link in sam.description.chain] == [
        EMBED,
        *map(block, range(4)),
        PROJECT,
        PROMPTS,
        PREPARE,
        layer(0),
        layer(1),
        READ,
        ANSWER,
    ]
    before: list = []
    for link in sam.description.chain:
        assert set(link.reads) <= set(before)
        before.append(link.step)


def test_every_hook_point_lies_in_a_step_and_every_step_holds_some(sam):
    steps = {sam.description.step_of(name) for name in sam.hook_points}
    assert steps == {link.step for link in sam.description.chain}


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("image_encoder.position_encoder.hook_encoding", EMBED),
        ("image_encoder.vit.blocks.3.attention.hook_q", block(3)),
        ("image_encoder.channel_projection.hook_out", PROJECT),
        ("coordinate_encoder.hook_points", PROMPTS),
        ("coordinate_encoder.hook_grid", PREPARE),
        ("mask_decoder.mask_hint_encoder.hook_out", PREPARE),
        ("mask_decoder.transformer.layers.1.mlp.hook_hidden", layer(1)),
        ("mask_decoder.transformer.final_token_to_image.hook_q", READ),
        ("mask_decoder.transformer.hook_image", READ),
        ("mask_decoder.mask_generator.hook_logits", ANSWER),
    ],
)
def test_a_hook_point_lies_in_the_step_that_computes_it(sam, name, step):
    assert sam.description.step_of(name) == step


def test_a_name_of_no_component_is_refused(sam):
    with pytest.raises(ValueError, match=r"'elsewhere\.hook_q' lies in none"):
        sam.description.step_of("elsewhere.hook_q")


def test_the_addresses_are_hook_points(sam):
    named = [each for name, each in vars(addresses).items() if name.isupper() and "hook_" in each]
    assert len(named) >= 9
    places = [
        addresses.in_block(3, "hook_residual_post"),
        addresses.in_layer(1, "self_attention.hook_scores"),
        addresses.in_decoder_attention(addresses.FINAL_ATTENTION, "hook_scores"),
    ]
    assert {*named, *places} <= set(sam.hook_points)


def test_what_a_block_takes_and_gives_are_its_input_and_its_result(sam):
    trace = small_trace(sam)
    for link in sam.description.chain:
        for name, step in ((link.takes, link.reads[:1]), (link.gives, (link.step,))):
            if name:
                assert torch.equal(trace[name], trace.engine.output(trace.plan, *step))


@pytest.mark.parametrize(
    ("prompts", "names"),
    [
        (Prompts(), []),
        (Prompts.padding_point(), ["padding"]),
        (Prompts(points=[(3, 4)]), ["point 0", "padding"]),
        (Prompts(box=(1, 2, 30, 15)), ["box top left", "box bottom right"]),
        (
            Prompts(points=[(3, 4), (8, 9)], labels=[1, 0], box=(1, 2, 30, 15)),
            ["point 0", "point 1", "box top left", "box bottom right"],
        ),
    ],
)
def test_the_names_of_the_decoders_tokens_are_those_that_come_in(sam, prompts, names):
    tokens = sam.description.decoder_tokens(prompts)
    trace = small_trace(sam).with_prompts(prompts)
    own = sam.mask_decoder
    encoder = sam.prompt_encoder
    given = trace[addresses.DECODER_TOKENS_IN][0]
    assert tokens.names == ("IoU", "mask 0", "mask 1", "mask 2", "mask 3", *names)
    assert list(tokens.prompt_names) == names
    assert len(given) == len(tokens)
    assert torch.equal(given[tokens.number("IoU")], own.iou_token[0])
    assert torch.equal(given[tokens.of_masks], own.mask_tokens)
    assert torch.equal(given[tokens.of_prompts], trace[addresses.PROMPT_TOKENS][0])
    if "padding" in names:
        assert torch.equal(given[tokens.number("padding")], encoder.not_a_point[0])
    encodings = trace["coordinate_encoder.hook_points"][0]
    for corner, vector in (
        ("box top left", encoder.box_top_left),
        ("box bottom right", encoder.box_bottom_right),
    ):
        if corner in names:
            place = encodings[names.index(corner)]
            torch.testing.assert_close(given[tokens.number(corner)], place + vector[0])


def test_a_token_that_is_not_there_is_refused_by_name():
    with pytest.raises(ValueError, match=r"no decoder token 'point 1'.*IoU, mask 0, point 0\."):
        DecoderTokens(masks=1, points=1).number("point 1")


def test_the_logits_of_a_token_are_those_that_come_out(sam):
    logits = small_trace(sam).prediction.logits
    assert logits.shape[1:] == (LOGITS_A_TOKEN * SMALL.grid,) * 2
    assert small_trace(sam).frame.logits_size == logits.shape[1:]


def test_other_depths_make_other_chains():
    sam = small_sam(replace(SMALL, encoder_depth=2, global_blocks=(1,), decoder_depth=3))
    assert len(sam.description.image_encoder) == 2 + 2
    assert sam.description.mask_decoder == (PREPARE, layer(0), layer(1), layer(2), READ, ANSWER)
    assert small_trace(sam).prediction is not None


def test_no_tool_spells_out_a_path_in_its_code():
    """Docstrings name hook points for readers; code takes them from `addresses`."""
    package = Path(sam_explore.__file__).parent
    spelled = re.compile(r"vit\.blocks\.|transformer\.layers\.|hook_tokens_in\"|hook_encoding\"")
    found = {
        f"{path.relative_to(package)}: {line.strip()}"
        for folder in ("tracing", "probes", "verification")
        for path in (package / folder).rglob("*.py")
        for line in re.sub(r'"""(.|\n)*?"""', "", path.read_text("utf-8")).splitlines()
        if spelled.search(line)
    }
    assert found == set()
