"""The small network of the tests, and traces whose tensors a test sets."""

from types import SimpleNamespace

import numpy as np
import torch
from torch import Tensor

from sam_explore.geometry import Prompts
from sam_explore.model import DecoderTokens, HookPoint, Sam, SamConfig
from sam_explore.tracing import Trace

# A grid of 5 tokens in windows of 3: padding at the bottom and the right. Logits are 20 x 20.
# A test that needs other sizes derives them from these with `replace`, and says why.
SMALL = SamConfig(
    name="small",
    image_size=40,
    patch_size=8,
    encoder_dim=24,
    encoder_depth=4,
    encoder_heads=2,
    encoder_mlp_dim=32,
    global_blocks=(1, 3),
    window_size=3,
    token_dim=32,
    decoder_heads=4,
    decoder_mlp_dim=48,
    iou_hidden_dim=16,
)


def small_sam(config: SamConfig = SMALL) -> Sam:
    """Every weight random, since the defaults of zero and one hide errors."""
    torch.manual_seed(5)
    sam = Sam(config).eval().requires_grad_(False)
    for weight in sam.parameters():
        weight.copy_(torch.randn_like(weight) * (0.3 if weight.ndim > 1 else 0.6))
    return sam


def sizes_of(config: SamConfig) -> SimpleNamespace:
    """What the bounds of knobs depend on, in a run without prompts of a model of these sizes."""
    return SimpleNamespace(config=config, decoder_tokens=DecoderTokens(config.mask_tokens))


def small_trace(sam: Sam | None = None) -> Trace:
    """A click on a picture 40 wide and 20 high: the lower half of the input is padding."""
    image = np.random.default_rng(0).integers(0, 256, (20, 40, 3), dtype=np.uint8)
    return Trace(sam or small_sam(), image, Prompts(points=[(12, 8)]))


def answering(trace: Trace, logits: np.ndarray, iou: list[float]) -> Trace:
    """The same run, but the decoder's answer is this: logits (mask, row, column).

    Where they reach no further than the picture, they are 99 over the padding below it, which
    nothing may show.
    """
    answer = np.full((4, 20, 20), 99.0)
    answer[:, : logits.shape[1]] = logits

    def give_logits(tensor: Tensor, hook: HookPoint) -> Tensor:
        return torch.tensor(answer, dtype=tensor.dtype)[None]

    def give_iou(tensor: Tensor, hook: HookPoint) -> Tensor:
        return torch.tensor([iou], dtype=tensor.dtype)

    trace = trace.with_edit("mask_decoder.mask_generator.hook_logits", give_logits)
    return trace.with_edit("mask_decoder.iou_predictor.hook_iou", give_iou)


def putting(trace: Trace, name: str, values: np.ndarray) -> Trace:
    """The same run, but these values lie at a hook point, or at all that a pattern means."""

    def put(tensor: Tensor, hook: HookPoint) -> Tensor:
        return torch.tensor(values, dtype=tensor.dtype).expand(tensor.shape).contiguous()

    return trace.with_edit(name, put)


def tokens_of_norm(norms: np.ndarray, channels: int = SMALL.encoder_dim) -> np.ndarray:
    """Tokens (row, column, channel) with these norms: the number lies in one channel, negative."""
    tokens = np.zeros((*norms.shape, channels))
    tokens[..., 7] = -norms
    return tokens
