"""A token is its place and its kind, and each part finds its own on the grid."""

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.model.prompt_encoder import PromptEncoder
from sam_explore.probes import PromptTokenParts
from sam_explore.probes.prompts.prompt_token_parts import parts_of

from ...small import small_sam, small_trace


@pytest.fixture(scope="module")
def trace():
    return small_trace(small_sam())


def test_places_and_kinds_of_two_points_and_the_padding(trace):
    asked = trace.with_prompts(Prompts([(12, 8), (30, 5)], labels=[0, 1]))

    whole, place, kind = parts_of(asked)

    encoder = trace.sam.prompt_encoder
    for row, name in enumerate(("background", "foreground", "not a point")):
        np.testing.assert_array_equal(kind[row], encoder.learned_vector(name)[0].double().numpy())
    # Sine and cosine of 16 waves: each place has length 4.
    assert np.linalg.norm(place, axis=1) == pytest.approx([4, 4, 0])
    np.testing.assert_allclose(whole, place + kind, atol=1e-5)


def test_the_place_has_product_one_with_itself_and_the_parts_add_up(trace):
    # The middle of row 1, column 2 lies at (20, 12), and half a pixel is added to a click.
    asked = trace.with_prompts(Prompts([(19.5, 11.5)]))
    *maps, norms, cosine = PromptTokenParts(prompt=0)(asked).readings

    token, place, kind = (each.values for each in maps)
    assert len({each.scale for each in maps}) == 1
    assert place[1, 2] == pytest.approx(1, abs=1e-5)
    assert np.unravel_index(place.argmax(), place.shape) == (1, 2)
    np.testing.assert_allclose(token, place + kind, atol=1e-5)
    whole, of_place, of_kind = norms.values[0]
    assert of_place == pytest.approx(4)
    # The law of cosines.
    assert whole**2 == pytest.approx(
        of_place**2 + of_kind**2 + 2 * of_place * of_kind * cosine.values[0, 0], rel=1e-4
    )
    assert norms.rows == ("point 0", "padding")


def test_the_padding_point_has_no_place(trace):
    *maps, norms, cosine = PromptTokenParts(prompt=1)(trace).readings
    assert norms.values[1, 1] == cosine.values[1, 0] == 0
    assert not maps[1].values.any()
    assert "Of padding, it has no place" in PromptTokenParts(prompt=1)(trace).words


def test_without_a_prompt_a_click_in_the_middle_is_taken_apart(trace):
    reading = PromptTokenParts()(trace.with_prompts(Prompts.nothing()))
    assert reading.words.startswith("There is no prompt; one click in the middle of the picture")
    middle = parts_of(trace.with_prompts(Prompts([(20, 10)])))[0]
    assert reading.readings[3].values[0, 0] == pytest.approx(np.linalg.norm(middle[0]))


@pytest.mark.parametrize(
    "prompts",
    [
        Prompts([(3, 4), (5, 6)], labels=[0, 1]),
        Prompts([(3, 4)], box=(1, 2, 3, 4)),
        Prompts(box=(1, 2, 3, 4)),
        Prompts.nothing(),
        Prompts.padding_point(),
    ],
)
def test_kinds_are_those_of_the_layout(trace, prompts):
    """Two places say which tokens a prompt makes, and both say the same."""
    names = trace.with_prompts(prompts).decoder_tokens.prompt_names
    assert len(names) == len(prompts.kinds) == prompts.token_count
    assert set(prompts.kinds) <= set(PromptEncoder.KINDS)
    for name, kind in zip(names, prompts.kinds, strict=True):
        if name.startswith("box"):
            assert kind == name
        elif name == "padding":
            assert kind == "not a point"
        else:
            assert kind == ("background", "foreground")[prompts.labels[int(name.split()[1])]]
