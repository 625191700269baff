"""Where the encodings of the grid's places go in the mask decoder."""

import torch

from sam_explore.model.addresses import GRID_ENCODING, IMAGE_TOKENS, in_layer
from sam_explore.tracing import zero

from ..small import small_trace


def test_the_grids_encoding_reaches_keys_and_no_values():
    trace = small_trace()
    without = trace.with_edit(GRID_ENCODING, zero)
    keys, values = (in_layer(0, f"token_to_image.hook_{which}") for which in "kv")

    assert (trace[keys] - without[keys]).abs().max() > 1e-2
    assert torch.equal(trace[values], without[values])
    # Nor is it part of what goes in: that is the image tokens and the no-mask vector.
    no_mask = trace.sam.mask_decoder.mask_hint_encoder.no_mask[0, :, None, None]
    torch.testing.assert_close(trace["mask_decoder.hook_image_in"], trace[IMAGE_TOKENS] + no_mask)
