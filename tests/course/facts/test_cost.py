"""Facts about cost, counted by hand for the small network and the released ones."""

from types import SimpleNamespace

import pytest

from sam_explore.course import facts
from sam_explore.model.config import VIT_B
from sam_explore.tracing import component_costs

from ...small import small_trace


def now(trace=None) -> SimpleNamespace:
    return SimpleNamespace(trace=trace or small_trace(), token=(0, 0), threshold=0.0, chosen=None)


def of_config(config) -> SimpleNamespace:
    return SimpleNamespace(trace=SimpleNamespace(sam=SimpleNamespace(config=config)))


def test_a_picture_is_all_that_is_neither_prompts_nor_decoder():
    costs = component_costs(small_trace().sam.config)
    total = sum(each.multiply_adds for each in costs.values())
    click = costs["mask decoder"].multiply_adds + costs["prompt encoder"].multiply_adds
    assert facts.picture_over_click(now()).value == pytest.approx((total - click) / click)


def test_mlps_grow_with_the_tokens_and_scores_with_their_square():
    fact = facts.four_times_the_tokens(of_config(VIT_B))
    assert "its MLPs 4 times" in fact.words
    assert fact.words.endswith("scores has 16 times as many numbers.")
    # By hand, of a global block in ViT-B: 4 * 768² products a token for queries, keys, values and
    # the projection, and 2 * 768 for each pair of 4096 tokens.
    layers, pairs = 4 * 768**2 * 4096, 2 * 768 * 4096**2
    grown = (4 * layers + 16 * pairs) / (layers + pairs)
    assert f"its global attention {grown:.2g} times" in fact.words
    assert 4 < fact.value < grown


def test_most_of_the_work_of_vit_b_is_in_its_mlps():
    # 8 * 768² products a token in each of 12 blocks, out of all.
    fact = facts.most_work(of_config(VIT_B))
    assert fact.value == "MLPs"
    costs = component_costs(VIT_B)
    mlps = 8 * 768**2 * 4096 * 12
    assert costs["MLPs"].multiply_adds == mlps
    share = 100 * mlps / sum(each.multiply_adds for each in costs.values())
    assert f"MLPs {share:.0f} %" in fact.words


def test_the_huge_model_has_the_base_models_decoder():
    fact = facts.huge_over_base(now())
    # 641.1 and 93.7 million, as the released files have.
    assert fact.value == pytest.approx(641.1 / 93.7, rel=2e-3)
    assert fact.words.endswith("and has the same mask decoder.")


def test_half_the_tokens_along_a_side_are_less_than_half_the_work():
    fact = facts.left_with_half_the_tokens(now())
    assert 0 <= fact.value <= 100
    share = float(fact.words.split("needs ")[1].split(" %")[0])
    assert 0 < share < 50
    # The picture is half as high as wide. It stays padded to a square, as the model's input is.
    assert fact.words.startswith("With 2 × 2 tokens in place of 5 × 5 ")
