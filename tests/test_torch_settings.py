"""The user's settings of PyTorch change no number; models in other precisions are refused."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache

import numpy as np
import pytest
import torch

import sam_explore as sx
from sam_explore.automatic.kept import Kept
from sam_explore.loading import load
from sam_explore.model import Sam
from sam_explore.prediction import _interpolation
from sam_explore.probes import PROBES
from sam_explore.probes.automatic import data_engine
from sam_explore.probes.common import unit_indexing
from sam_explore.tracing import attribution

from .probes.reading_arrays import arrays
from .small import small_sam

IMAGE = np.random.default_rng(0).integers(0, 256, (20, 40, 3), dtype=np.uint8)
CLICK = sx.Prompts(points=[(12, 8)])
HINT = sx.Prompts(mask_hint=np.linspace(-3, 3, 400).reshape(20, 20))


@contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    was = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(was)


@contextmanager
def default_device() -> Iterator[None]:
    """Where a tensor that is made without a device has no numbers, so that none goes unnoticed."""
    torch.set_default_device("meta")
    try:
        yield
    finally:
        torch.set_default_device(None)


SETTINGS = {
    "double": lambda: default_dtype(torch.float64),
    "half": lambda: default_dtype(torch.float16),
    "bfloat16": lambda: default_dtype(torch.bfloat16),
    "device": default_device,
    "inference": torch.inference_mode,
    "gradients": torch.enable_grad,
}
each_setting = pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
# `encode` and `predict` follow autocast; what is said of a trace does not.
OF_TRACES = SETTINGS | {"autocast": lambda: torch.autocast("cpu", torch.bfloat16)}
each_of_traces = pytest.mark.parametrize("setting", OF_TRACES.values(), ids=OF_TRACES)
Setting = Callable[[], AbstractContextManager]


@pytest.fixture
def sam() -> Sam:
    return small_sam()


def predicted(sam: Sam, **how: object) -> list[np.ndarray]:
    found = sx.predict(sam, sx.encode(sam, IMAGE, **how), [CLICK, sx.Prompts(box=(1, 2, 20, 9))])
    return [each.upscaled for each in found]


@each_setting
@pytest.mark.parametrize("how", ["original", "stretch", "medsam"])
def test_encode_and_predict_give_the_same(sam: Sam, setting: Setting, how: str):
    plain = predicted(sam, preprocessing=how)
    with setting():
        found = predicted(small_sam_again(sam), preprocessing=how)
    np.testing.assert_array_equal(found, plain)


def small_sam_again(sam: Sam) -> Sam:
    """The same model; what was cached for its tensors is gone, so that it is computed again."""
    with torch.device("meta"):
        again = Sam(sam.config)
    again.load_state_dict({k: v.clone() for k, v in sam.state_dict().items()}, assign=True)
    return again.eval().requires_grad_(False)


@each_setting
def test_traces_give_the_same(sam: Sam, setting: Setting):
    def read() -> list[np.ndarray]:
        trace = sx.Trace(sam, IMAGE, CLICK)
        whole = trace.read("**.hook_out")
        other = trace.with_windows((2, 0, 3, 0)).with_prompts(HINT).prediction.logits
        return [*(tensor.numpy() for tensor in whole.values()), other]

    plain = read()
    with setting():
        found = read()
    for one, other in zip(found, plain, strict=True):
        np.testing.assert_array_equal(one, other)


@each_setting
def test_logits_at_the_pictures_pixels_are_the_same(setting: Setting):
    """Their weights are kept, so one coarse look would spoil later ones."""
    prediction = sx.Trace(small_sam(), IMAGE, CLICK).prediction
    rows, columns = np.arange(20), np.arange(40)
    _interpolation.cache_clear()
    plain = prediction.upscaled_at(rows, columns)
    _interpolation.cache_clear()
    with setting():
        found = prediction.upscaled_at(rows, columns)
    _interpolation.cache_clear()
    np.testing.assert_array_equal(found, plain)


def test_what_a_trace_keeps_is_the_same_under_autocast():
    """Else others would get what was rounded: no key tells of autocast."""
    names = ["image_encoder.vit.blocks.1.attention.hook_pattern", "mask_decoder.hook_tokens_in"]
    plain, kept = (sx.Trace(small_sam(), IMAGE, CLICK) for _ in range(2))
    with OF_TRACES["autocast"]():
        found = kept.read(names)
        logits = kept.prediction.logits
        sampled = kept.prediction.sampled
    for name, tensor in plain.read(names).items():
        assert torch.equal(found[name], tensor)
    np.testing.assert_array_equal(logits, plain.prediction.logits)
    np.testing.assert_array_equal(sampled, plain.prediction.sampled)


@each_of_traces
def test_what_is_kept_of_drawn_scenes_is_the_same(monkeypatch, setting: Setting):
    monkeypatch.setattr(data_engine, "_kept", Kept(most=32))
    trace, probe = sx.Trace(small_sam(), IMAGE), data_engine.DataEngine(scenes=1)
    with setting():
        found = arrays(probe(trace))
    monkeypatch.setattr(data_engine, "_kept", Kept(most=32))
    for one, other in zip(found, arrays(probe(trace)), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("setting", [SETTINGS["device"], SETTINGS["half"]])
def test_an_index_of_drawn_scenes_is_the_same(monkeypatch, setting: Setting):
    """A smaller one is gone on with."""
    trace = sx.Trace(small_sam(), IMAGE)

    def indexed() -> list[np.ndarray]:
        monkeypatch.setattr(unit_indexing, "_kept", Kept(most=3))
        layers = unit_indexing.unit_index(trace, 3).layers.values()
        return [array for each in layers for array in vars(each).values()]

    monkeypatch.setattr(unit_indexing, "SCENES", (1, 3))
    with setting():
        found = indexed()
    for one, other in zip(found, indexed(), strict=True):
        np.testing.assert_array_equal(one, other)


WHERE_NUMBERS_COME_FROM = {
    "pixels": (2, 20, 10),
    "image_encoder.position_encoder.hook_encoding": (0, 2, 6, 23),
    "image_encoder.vit.blocks.0.attention.hook_relative_columns": (4, 1, 2, 1),
    "image_encoder.vit.blocks.0.attention.hook_q": (3, 1, 3, 11),  # of padding
    "prompt_encoder.hook_tokens": (0, 0, 5),
    "mask_decoder.mask_hint_encoder.hook_half": (0, 1, 2, 3),
}


@each_of_traces
def test_where_numbers_come_from_is_the_same(sam: Sam, setting: Setting):
    hint = np.linspace(-3, 3, 12 * 28).reshape(12, 28)
    prompts = sx.Prompts(points=[(12, 8)], box=(1, 2, 30, 9), mask_hint=hint)
    trace = sx.Trace(sam, IMAGE, prompts, (2, 0, 4, 3), preprocessing="stretch", side=(24, 56))

    def asked() -> list[str]:
        found = [sx.explain(trace, *place) for place in WHERE_NUMBERS_COME_FROM.items()]
        assert all(each.agrees for each in found)
        return [str(each) for each in found]

    plain = asked()
    with setting():
        assert asked() == plain


@pytest.fixture(scope="module")
def ask() -> Callable[[type, Setting], list[np.ndarray]]:
    """Asks each probe once in each setting, about one run a setting."""
    sam = small_sam()
    run = cache(lambda setting: sx.Trace(sam, IMAGE, CLICK))
    return cache(lambda probe, setting: arrays(probe()(run(setting))))


@each_of_traces
@pytest.mark.parametrize("method", attribution.BASELINES)
def test_maps_in_wide_use_are_the_same(setting: Setting, method: str):
    number = attribution.PredictedIoU(1)
    trace = sx.Trace(small_sam(), IMAGE, CLICK)
    with setting():
        found = attribution.baseline(trace, number, method)
    plain = attribution.baseline(sx.Trace(small_sam(), IMAGE, CLICK), number, method)
    np.testing.assert_array_equal(found, plain)


@each_of_traces
@pytest.mark.parametrize("probe", PROBES, ids=lambda each: each.__name__)
def test_probes_give_the_same(ask: Callable, setting: Setting, probe: type):
    plain = ask(probe, nullcontext)
    with setting():
        found = ask(probe, setting)
    for one, other in zip(found, plain, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_run_under_inference_mode_can_be_asked_for_gradients_afterwards(sam: Sam):
    plain = arrays(sx.probes.ClickGradient()(sx.Trace(sam, IMAGE, CLICK)))
    with torch.inference_mode():
        trace = sx.Trace(sam, IMAGE, CLICK)
        assert trace.prediction.logits.shape == (4, 20, 20)
    for one, other in zip(arrays(sx.probes.ClickGradient()(trace)), plain, strict=True):
        np.testing.assert_array_equal(one, other)


@each_setting
def test_a_model_that_was_loaded_under_it_is_the_same(setting: Setting):
    with setting():
        sam = load()
    assert {weight.dtype for weight in sam.state_dict().values()} == {torch.float32}
    assert sam.device.type == "cpu"
    assert not any(weight.is_inference() for weight in sam.parameters())


@pytest.mark.parametrize("convert", [Sam.half, Sam.double, lambda sam: sam.to(torch.bfloat16)])
def test_a_model_in_another_precision_is_refused_and_the_advice_works(sam: Sam, convert: Callable):
    encoded = sx.encode(sam, IMAGE)
    converted = convert(sam)

    for use in (
        lambda: sx.encode(converted, IMAGE),
        lambda: sx.predict(converted, encoded, CLICK),
        lambda: sx.Trace(converted, IMAGE),
        lambda: sx.Session(converted, IMAGE),
    ):
        with pytest.raises(ValueError, match=r"weights in fp32, but .* is torch.* sam\.float\(\)"):
            use()
    assert sx.encode(converted.float(), IMAGE).tokens.dtype is torch.float32


def test_products_in_bf16_as_load_puts_them_are_no_other_precision(sam: Sam):
    sam.multiply_in(torch.bfloat16)
    assert sx.encode(sam, IMAGE).tokens.dtype is torch.float32


@pytest.mark.parametrize("device", ["cuda", "cuda:7", "mps", "gpu", torch.device("xpu")])
def test_a_device_that_is_not_there_is_reported(monkeypatch, device):
    monkeypatch.setattr(torch, "empty", _without_devices(torch.empty))
    with pytest.raises(ValueError, match=r"device must be one that PyTorch reaches here, such as"):
        load(device=device)


def _without_devices(empty: Callable) -> Callable:
    """As on a machine without any, wherever this runs."""

    def on_the_cpu(*args: object, device: object = "cpu", **kwargs: object) -> torch.Tensor:
        if str(device) in ("cuda", "cuda:7", "mps", "xpu"):
            raise AssertionError("Torch not compiled with such devices enabled")
        return empty(*args, device=device, **kwargs)

    return on_the_cpu
