"""Norm over channels, the image encoder's errors, the mask generator's product."""

import pytest
import torch

from sam_explore.model.layers import ChannelNorm, TokenHead


def test_channel_norm_looks_at_each_place_by_itself():
    norm = ChannelNorm(2)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([2.0, 3.0]))
        norm.bias.copy_(torch.tensor([10.0, 20.0]))
    features = torch.tensor([[[[1.0, 50.0]], [[3.0, 50.0]]]])  # two channels, two places

    normed = norm(features)

    # First place: mean 2, deviation 1. Second: no deviation at all, so only the bias is left.
    expected = torch.tensor([[[[8.0, 10.0]], [[23.0, 20.0]]]])
    torch.testing.assert_close(normed, expected, rtol=1e-5, atol=1e-5)


def test_channel_norm_adds_a_millionth_to_the_variance():
    normed = ChannelNorm(2)(torch.tensor([0.0, 0.002]).reshape(1, 2, 1, 1))

    # Variance 1e-6, so that half of the divisor's square is epsilon.
    torch.testing.assert_close(normed.flatten(), torch.tensor([-1.0, 1.0]) / 2**0.5)


def test_a_token_head_has_relu_between_its_layers_and_none_at_the_end():
    head = TokenHead(1, 1, 1)
    with torch.no_grad():
        for layer, weight in zip(head.layers, (-1.0, 1.0, -2.0), strict=True):
            layer.weight.fill_(weight)
            layer.bias.zero_()

    assert head(torch.tensor([[3.0], [-3.0]])).flatten().tolist() == [0, -6]


@pytest.mark.parametrize("shape", [(1, 3, 44, 40), (1, 3, 40, 41), (1, 3, 0, 40)])
def test_pictures_that_end_within_a_patch_are_refused_in_words(sam, shape):
    words = f"in multiples of 8 pixels, but got {shape[2]} x {shape[3]}"
    with pytest.raises(ValueError, match=words):
        sam.encode_image(torch.zeros(shape))


@pytest.mark.parametrize("windows", [[3], [3, 0, 0], [3, -1], []])
def test_windows_that_do_not_fit_the_blocks_are_refused_in_words(sam, windows):
    with pytest.raises(ValueError, match=r"one window .* each of the 2 blocks, but got \["):
        sam.encode_image(torch.zeros(1, 3, 40, 40), windows=windows)


def test_the_trained_windows_are_the_default(sam):
    image = torch.randn(1, 3, 40, 40)

    assert torch.equal(sam.encode_image(image), sam.encode_image(image, windows=(3, 0)))


def test_the_position_encoder_adds_its_table(sam):
    encoder = sam.image_encoder.position_encoder
    tokens = torch.randn(2, 5, 5, 24)

    assert torch.equal(encoder(tokens), tokens + encoder.table)


def test_a_patch_becomes_the_token_at_its_row_and_column(sam):
    image = torch.zeros(1, 3, 40, 40)
    image[..., 16:24, 32:40] = torch.randn(3, 8, 8)  # row 2, column 4

    embedding = sam.image_encoder.patch_embedding
    changed = (embedding(image) - embedding(torch.zeros_like(image))).abs().sum(dim=-1)[0]

    assert changed.nonzero().tolist() == [[2, 4]]


def test_tokens_are_contiguous_in_memory(sam):
    size = sam.config.image_size
    assert sam.image_encoder.patch_embedding(torch.zeros(1, 3, size, size)).is_contiguous()


def test_logits_are_the_products_of_mask_vectors_with_features(sam):
    seen = {}
    for name in ("features", "mask_vectors", "logits"):
        hook = getattr(sam.mask_decoder.mask_generator, f"hook_{name}")
        hook.register_forward_hook(lambda module, inputs, out, name=name: seen.update({name: out}))

    sam.decode(torch.randn(1, 32, 5, 5), torch.randn(1, 2, 32))

    features, vectors = seen["features"], seen["mask_vectors"]
    assert features.shape == (1, 4, 20, 20)
    for mask in range(4):
        expected = (vectors[0, mask] * features[0, :, 7, 11]).sum()
        torch.testing.assert_close(seen["logits"][0, mask, 7, 11], expected)


def test_one_picture_serves_a_batch_of_prompts(sam):
    tokens = torch.randn(3, 2, 32)
    image = torch.randn(1, 32, 5, 5)

    logits, iou = sam.decode(image, tokens)

    alone, alone_iou = sam.decode(image, tokens[1:2])
    assert (logits.shape, iou.shape) == ((3, 4, 20, 20), (3, 4))
    torch.testing.assert_close(logits[1:2], alone, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(iou[1:2], alone_iou, rtol=1e-5, atol=1e-5)
