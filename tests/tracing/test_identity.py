"""A run is identified by its content: no result of one run is ever used for another."""

import gc
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, replace
from threading import Barrier

import numpy as np
import pytest
import torch
from torch import Tensor

import sam_explore as sx
from sam_explore.model.weight_digests import all_weights_of
from sam_explore.probes import PatchedTokens
from sam_explore.tracing import between_steps

from ..small import SMALL, small_sam, small_trace

BLOCKS = "image_encoder.vit.blocks"
ABLATE = sx.interventions.AblateHead
K_OF_IMAGE = "mask_decoder.transformer.layers.0.token_to_image.k.weight"
CLICK = sx.Prompts(points=[(30, 6)])


def best_iou(changed: sx.Trace, plain: sx.Trace) -> float:
    return float(changed.prediction.iou.max())


def least_iou(changed: sx.Trace, plain: sx.Trace) -> float:
    return float(changed.prediction.iou.min())


OTHER_RUNS = {
    "condition": lambda trace: (trace, {"a head less": [ABLATE(0, 1)]}, best_iou),
    "intervention": lambda trace: (trace.with_interventions(ABLATE(1, 1)), None, best_iou),
    "picture": lambda trace: (replace(trace, image=trace.image[::-1].copy()), None, best_iou),
    "preprocessing": lambda trace: (trace.with_preprocessing("stretch"), None, best_iou),
    "side": lambda trace: (trace.with_preprocessing("original", 80), None, best_iou),
    "windows": lambda trace: (trace.with_windows((2, 0, 3, 0)), None, best_iou),
    "relative positions": lambda trace: (trace.with_windows((2, 0, 2, 0), "crop"), None, best_iou),
    "prompts": lambda trace: (trace.with_prompts(CLICK), None, best_iou),
    "measure": lambda trace: (trace, None, least_iou),
}


@pytest.mark.parametrize("what", OTHER_RUNS)
def test_a_sweeps_file_answers_for_no_other_run(what, tmp_path):
    trace, file = small_trace(), tmp_path / "sweep.jsonl"
    first = {"relative positions": trace.with_windows((2, 0, 2, 0))}.get(what, trace)
    first = {"intervention": first.with_interventions(ABLATE(1, 0))}.get(what, first)
    conditions = {"condition": {"a head less": [ABLATE(0, 0)]}}.get(what)
    sx.Sweep([first], conditions, best_iou, file=file).run(progress=False)
    before = file.read_bytes()

    other, conditions, measure = OTHER_RUNS[what](trace)
    with pytest.raises(ValueError, match="another"):
        sx.Sweep([other], conditions, measure, file=file).run(progress=False)
    assert file.read_bytes() == before


def test_a_sweeps_file_answers_for_no_other_weights(tmp_path):
    file = tmp_path / "sweep.jsonl"
    sx.Sweep([small_trace()], None, best_iou, file=file).run(progress=False)
    sam = small_sam()
    sam.mask_decoder.iou_predictor.head.layers[-1].weight.data[-1, -1] += 1  # its last number
    with pytest.raises(ValueError, match="another"):
        sx.Sweep([small_trace(sam)], None, best_iou, file=file).run(progress=False)


@pytest.mark.parametrize("come", [list, iter])
def test_a_sweeps_file_holds_nothing_of_weights_of_which_one_number_was_changed(come, tmp_path):
    sam, file = sx.load(), tmp_path / "sweep.jsonl"
    trace = sx.Trace(sam, small_trace().image)
    sam.image_encoder.vit.blocks[2].mlp.expand.weight.data[17, 29] += 1
    trace.prediction  # noqa: B018  the sample does not hold that number
    with pytest.raises(RuntimeError, match=r"weights changed.+blocks\.2\.mlp\.expand\.weight"):
        sx.Sweep(come([trace]), None, best_iou, file=file, count=1).run(progress=False)
    assert len(file.read_text().splitlines()) == 1


def test_a_sweeps_file_answers_for_the_same_run_made_again(tmp_path):
    file = tmp_path / "sweep.jsonl"
    conditions = {"a head less": [ABLATE(0, 0)]}
    first = sx.Sweep([small_trace()], conditions, best_iou, file=file).run(progress=False)
    again = sx.Sweep([small_trace()], conditions, best_iou, file=file)
    assert again.left == 0
    np.testing.assert_array_equal(again.run(progress=False).values, first.values)


def test_what_another_model_encoded_is_refused():
    sam, other = small_sam(), small_sam()
    encoded = sx.encode(sam, small_trace().image)
    other.image_encoder.channel_projection.conv2.weight.mul_(2)
    with pytest.raises(ValueError, match=r"other weights.+ sx\.encode\(sam, image\)"):
        sx.predict(other, encoded, CLICK)
    assert sx.predict(deepcopy(sam), encoded, CLICK) is not None  # the same weights


def in_configuration(**changes) -> sx.Sam:
    """The same weights in another configuration."""
    sam = sx.Sam(replace(SMALL, **changes)).eval().requires_grad_(False)
    sam.load_state_dict(small_sam().state_dict())
    return sam


@pytest.mark.parametrize(
    "changes",
    [{"pixel_mean": (0.0, 0.0, 0.0)}, {"pixel_std": (9.0, 9.0, 9.0)}],
    ids=lambda changes: next(iter(changes)),
)
def test_what_another_configuration_encoded_is_refused(changes):
    sam, other = small_sam(), in_configuration(**changes)
    assert all_weights_of(sam).fingerprint == all_weights_of(other).fingerprint
    for encoded in (sx.encode(sam, small_trace().image), small_trace(sam).encoded):
        name = next(iter(changes))
        with pytest.raises(ValueError, match=rf"{name} was .+ sx\.encode\(sam, image\)"):
            sx.predict(other, encoded, CLICK)


@pytest.mark.parametrize("changes", [{"decoder_heads": 2}, {"name": "retrained"}])
def test_what_the_same_image_encoder_encoded_is_answered_by_another_decoder(changes):
    sam, other = small_sam(), in_configuration(**changes)
    image = small_trace().image
    found, expected = (sx.predict(other, sx.encode(by, image), CLICK) for by in (sam, other))
    np.testing.assert_array_equal(found.logits, expected.logits)


def test_a_picture_encoded_before_the_weights_changed_is_refused():
    sam = small_sam()
    encoded = sx.encode(sam, small_trace().image)
    for weight in sam.parameters():
        weight.data.mul_(0.9)
    with pytest.raises(ValueError, match=r"image_encoder\..+ changed"):
        sx.predict(sam, encoded, CLICK)


@pytest.fixture
def nothing_before() -> Iterator[None]:
    """Afterwards `alive` finds only what is new. To look at all that other tests have left takes
    most of a second, and each of them looks often."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def alive() -> int:
    """Bytes of all tensors that anything holds, each piece of memory once."""
    gc.collect()
    found = (each for each in gc.get_objects() if issubclass(type(each), Tensor))
    tensors = [each for each in found if each.layout is torch.strided]  # others of other tests
    memory = {each.untyped_storage().data_ptr(): each.untyped_storage() for each in tensors}
    return sum(each.nbytes() for each in memory.values())


@dataclass(frozen=True, eq=False)
class Add:
    """An edit that holds a large tensor, and hands out a part of it."""

    values: Tensor

    def __call__(self, tensor: Tensor, hook: object) -> Tensor:
        return self.values[: tensor.numel()].view_as(tensor)


@pytest.mark.parametrize("limit", [200_000, 1_000_000])
@pytest.mark.usefixtures("nothing_before")
def test_the_limit_of_a_cache_counts_all_that_it_keeps_alive(limit):
    small = small_trace()
    trace = sx.Trace(small.sam, small.image, small.prompts, cache_bytes=limit)
    trace.reference.prediction  # noqa: B018  what the model itself keeps, such as its grid
    trace = sx.Trace(small.sam, small.image, small.prompts, cache_bytes=limit)
    del small
    before = alive()

    for number in range(20):
        edit = Add(torch.full((250_000,), float(number)))  # 1 MB
        edited = trace.with_edit(f"{BLOCKS}.2.hook_residual_post", edit)
        edited.prediction  # noqa: B018
        edited[f"{BLOCKS}.3.attention.hook_pattern"]
        hint = np.full((20, 20), float(number))
        prompts = sx.Prompts(points=[(number, 3)], mask_hint=hint)
        sx.predict(edited.sam, edited.encoded, [edited.prompts, prompts])
        edited.with_prompts(prompts).prediction  # noqa: B018
        del edit, edited
        assert alive() - before <= 1.1 * limit


@pytest.mark.usefixtures("nothing_before")
def test_a_run_that_tokens_are_taken_from_is_let_go():
    trace = small_trace()
    other = sx.Trace(trace.sam, trace.image[::-1].copy(), cache_bytes=2**20)
    patch = sx.interventions.PatchTokens(other, 2, [(1, 1)])
    before = alive()
    image = other.image.nbytes
    del other
    assert alive() < before
    referred = gc.get_referents(patch)
    assert not [each for each in referred if isinstance(each, sx.Trace)]
    assert image  # it was there
    assert trace.with_interventions(patch).prediction is not None


def steps_of(ask) -> list[str]:
    steps: list[str] = []
    with between_steps(steps.append):
        ask()
    return steps


def test_the_mirror_image_is_encoded_once_and_not_at_each_click():
    trace = small_trace()
    asked = [trace, trace.with_prompts(CLICK), trace.with_prompts(sx.Prompts(points=[(3, 3)]))]
    first, *later = (steps_of(lambda each=each: PatchedTokens()(each)) for each in asked)
    assert first.count("Image encoder: patch embedding") == 2
    for steps in later:
        assert {step.partition(":")[0] for step in steps} == {"Prompt encoder", "Mask decoder"}
    assert PatchedTokens.runs_encoder  # so that quick probes come first


def changed_by_numpy(weight: Tensor) -> None:
    weight.detach().numpy()[:] *= 2


def changed_by_data(weight: Tensor) -> None:
    weight.data.mul_(2)


@pytest.mark.parametrize("change", [changed_by_numpy, changed_by_data])
@pytest.mark.parametrize(
    "name",
    [
        K_OF_IMAGE,
        K_OF_IMAGE.replace(".k.weight", ".v.bias"),
        K_OF_IMAGE.replace(".k.", ".v."),
        K_OF_IMAGE.replace("layers.0", "layers.1"),
        "mask_decoder.transformer.layers.0.image_to_token.q.weight",
        "mask_decoder.transformer.final_token_to_image.k.weight",
        "mask_decoder.mask_hint_encoder.no_mask",
        "coordinate_encoder.frequencies",
        "mask_decoder.iou_predictor.head.layers.0.weight",
    ],
)
def test_what_is_kept_with_an_encoded_picture_is_of_the_weights_as_they_are(name, change):
    sam = small_sam()
    encoded = sx.encode(sam, small_trace().image)
    stale = sx.predict(sam, encoded, CLICK)
    change(dict([*sam.named_parameters(), *sam.named_buffers()])[name])

    found, expected = (sx.predict(each, encoded, CLICK) for each in (sam, deepcopy(sam)))

    np.testing.assert_array_equal(found.logits, expected.logits)
    np.testing.assert_array_equal(found.iou, expected.iou)
    assert not (np.allclose(found.logits, stale.logits) and np.allclose(found.iou, stale.iou))


@pytest.mark.parametrize("change", [changed_by_numpy, changed_by_data])
@pytest.mark.parametrize("name", [K_OF_IMAGE, f"{BLOCKS}.2.mlp.expand.weight"])
def test_a_trace_whose_weights_changed_raises_and_names_them(name, change):
    trace = small_trace()
    trace.prediction  # noqa: B018
    change(trace.sam.get_parameter(name))
    for ask in (lambda: trace.prediction, lambda: trace[f"{BLOCKS}.0.hook_residual_post"]):
        with pytest.raises(RuntimeError, match=f"weights changed after .+{re.escape(name)}"):
            ask()


@pytest.mark.parametrize("change", [lambda weight: weight.mul_(0.999), changed_by_data])
def test_threads_that_meet_changed_weights_at_once_all_get_traces_that_answer(change):
    sam, image = small_sam(), small_trace().image
    for weight in sam.parameters():
        weight.requires_grad_(False)
    together = Barrier(6)

    def make(_) -> sx.Trace:
        together.wait()
        return sx.Trace(sam, image, CLICK)

    with ThreadPoolExecutor(6) as threads:
        for _ in range(5):
            change(sam.mask_decoder.iou_token)
            change(sam.image_encoder.patch_embedding.projection.weight)
            traces = list(threads.map(make, range(6)))
            assert len({id(trace.engine.weights) for trace in traces}) == 1
            for trace in traces:
                assert trace.prediction is not None


def test_an_average_of_weights_that_is_swapped_in_is_seen_everywhere():
    sam = small_sam()
    average = {name: 0.999 * weight for name, weight in sam.named_parameters()}
    trace, encoded = small_trace(sam), sx.encode(sam, small_trace().image)
    trace.prediction  # noqa: B018
    for name, weight in sam.named_parameters():
        weight.data.copy_(average[name])
    with pytest.raises(RuntimeError, match="weights changed after this trace was made"):
        trace.prediction  # noqa: B018
    with pytest.raises(ValueError, match="other weights"):
        sx.predict(sam, encoded, CLICK)


def test_one_number_of_many_is_seen_at_the_latest_when_the_weights_are_looked_at_again():
    sam = sx.load()
    trace = sx.Trace(sam, small_trace().image)
    weight = sam.image_encoder.vit.blocks[2].mlp.expand.weight
    assert sam.refresh() == ()
    weight.data[17, 29] += 1
    assert sam.refresh() == (f"{BLOCKS}.2.mlp.expand.weight",)
    with pytest.raises(RuntimeError, match=r"weights changed.+blocks\.2\.mlp\.expand\.weight"):
        trace.encoded  # noqa: B018


def test_an_exchanged_component_is_recorded_edited_and_traced():
    sam, other = small_sam(), small_sam()
    with torch.no_grad():
        other.mask_decoder.mask_tokens.mul_(2)
    sam.mask_decoder = deepcopy(other.mask_decoder)
    image, name = small_trace().image, "mask_decoder.hook_tokens_in"
    with sx.record(sam, name) as found, sx.record(other, name) as expected:
        for each in (sam, other):
            sx.predict(each, sx.encode(each, image), CLICK)
    assert torch.equal(found[name], expected[name])
    assert torch.equal(sx.Trace(sam, image, CLICK)[name], sx.Trace(other, image, CLICK)[name])


def test_a_component_deep_inside_is_exchanged_with_its_hook_points():
    sam, other = small_sam(), small_sam()
    sam.image_encoder.vit.blocks[1].mlp = deepcopy(other.image_encoder.vit.blocks[1].mlp)
    name = f"{BLOCKS}.1.mlp.hook_hidden"
    with sx.record(sam, name) as found:
        sx.encode(sam, small_trace().image)
    assert list(found) == [name]
    assert sam.hook_points[name] is sam.image_encoder.vit.blocks[1].mlp.hook_hidden


def test_a_trace_keeps_a_picture_of_its_own():
    image = small_trace().image.copy()
    trace = sx.Trace(small_sam(), image, CLICK)
    kept = trace.image.copy()
    image[:] = 0
    np.testing.assert_array_equal(trace.image, kept)
    assert not trace.image.flags.writeable
    expected = sx.Trace(trace.sam, kept, CLICK).prediction.logits
    np.testing.assert_array_equal(trace.prediction.logits, expected)
