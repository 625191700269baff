"""Matrix products of the image encoder's blocks in bf16, everything else in fp32."""

import numpy as np
import pytest
import torch

import sam_explore as sx
from sam_explore.model import Sam
from sam_explore.model.layers import Linear
from sam_explore.probes import PROBES, Probe
from sam_explore.provenance import origin_of_model
from sam_explore.tracing import Trace, attribution, record
from sam_explore.tracing.attention_rows import attention_column, attention_row

from ..parity.reference import relative_error
from ..probes.reading_arrays import arrays
from ..small import SMALL, small_sam, small_trace

BF16 = 2**-8  # the largest rounding error of a number in bf16, as a fraction of it
FINITE_SHARE = 0.5


@pytest.fixture(scope="module")
def sam() -> Sam:
    sam = small_sam()
    sam.multiply_in(torch.bfloat16)
    return sam


def test_a_linear_layer_rounds_its_input_and_its_output_by_hand():
    layer = Linear(1, 2).requires_grad_(False)
    layer.weight.copy_(torch.tensor([[1.0], [3.0]]))
    layer.bias.copy_(torch.tensor([0.0, 0.25]))
    layer.to(torch.bfloat16)

    # bf16 has 8 significant bits: 1 + 1/512 becomes 1, and 33.33 becomes 33.25.
    found = layer(torch.tensor([[1 + 1 / 512], [100 / 3]]))

    assert found.dtype == torch.float32
    assert found[0].tolist() == [1.0, 3.25]
    assert found[1].tolist() == [33.25, 100.0]


def test_only_what_is_multiplied_in_the_blocks_is_rounded(sam: Sam):
    rounded = {name for name, weight in sam.named_parameters() if weight.dtype == torch.bfloat16}
    layers = ("attention.qkv", "attention.projection", "mlp.expand", "mlp.contract")
    assert rounded == {
        f"image_encoder.vit.blocks.{block}.{layer}.{kind}"
        for block in range(SMALL.encoder_depth)
        for layer in layers
        for kind in ("weight", "bias")
    }
    assert "bf16" in repr(sam)
    assert "bf16" not in repr(small_sam())


@pytest.mark.parametrize("plain", ["0", "1"])
@torch.no_grad()
def test_image_tokens_differ_by_rounding_in_both_forms(sam: Sam, plain: str, monkeypatch):
    monkeypatch.setenv("SAM_EXPLORE_PLAIN", plain)
    image = torch.randn(2, 3, 40, 24, generator=torch.Generator().manual_seed(0))
    exact, found = small_sam().encode_image(image), sam.encode_image(image)

    assert found.dtype == torch.float32
    assert 0 < relative_error(found, exact) < 8 * BF16  # 4 blocks, in each two parts that add


def test_all_that_hook_points_pass_is_fp32(sam: Sam):
    trace = small_trace(sam)
    with record(sam, "**") as seen:
        sx.predict(sam, sx.encode(sam, trace.image), sx.Prompts([(12, 8)]))
    assert len(seen) > 100
    assert {tensor.dtype for tensor in seen.values()} == {torch.float32}


@pytest.mark.parametrize("block", [0, 1])
def test_rows_and_columns_are_those_of_the_run(sam: Sam, block: int):
    trace = small_trace(sam)
    name = f"image_encoder.vit.blocks.{block}.attention.hook_pattern"
    pattern = trace.read(name)[name][0]  # of the first window, or of the grid
    side = trace.windows[block] or trace.frame.grid[0]
    row = attention_row(trace, block, (1, 2)).weights[:, :side, :side]
    column = attention_column(trace, block, (1, 2))[:, :side, :side]

    np.testing.assert_allclose(row.flatten(1), pattern[:, side + 2], atol=1e-7)
    np.testing.assert_allclose(column.flatten(1), pattern[:, :, side + 2], atol=1e-7)


def test_gradients_flow_through_rounded_products(sam: Sam):
    region = np.zeros((20, 40), bool)
    region[5:9, 5:9] = True
    of = attribution.MeanLogit(1, region)
    found = attribution.gradient(small_trace(sam), of, "input")
    exact = attribution.gradient(small_trace(), of, "input")

    assert 0 < np.abs(found - exact).max() < 0.2 * np.abs(exact).max()


@pytest.fixture(scope="module")
def trace(sam: Sam) -> Trace:
    return small_trace(sam)


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.__name__)
def test_every_probe_answers(trace: Trace, probe: type[Probe]):
    for array in arrays(probe()(trace)):
        assert not np.isinf(array).any()
        assert np.isfinite(array).mean() > FINITE_SHARE


@pytest.mark.parametrize("dtype", [torch.bfloat16, "bfloat16"])
def test_a_model_is_loaded_so_and_says_so(dtype):
    sam = sx.load(dtype=dtype)
    assert sam.image_encoder.vit.blocks[0].mlp.expand.weight.dtype == torch.bfloat16
    assert sam.image_encoder.position_encoder.table.dtype == torch.float32
    assert origin_of_model(sam).code == 'sx.load(dtype="bfloat16")'


@pytest.mark.parametrize("dtype", ["float16", torch.float64])
def test_other_precisions_are_refused(dtype):
    with pytest.raises(ValueError, match=r"torch.float32 or torch.bfloat16.*not"):
        sx.load(dtype=dtype)
