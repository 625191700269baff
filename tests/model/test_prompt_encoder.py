"""Which prompt tokens are made of which prompts, and where the padding point goes."""

import torch


def tokens_of(sam, points: list, labels: list, box: list | None = None) -> torch.Tensor:
    return sam.encode_prompts(
        torch.tensor(points, dtype=torch.float32).reshape(1, -1, 2),
        torch.tensor(labels, dtype=torch.int64).reshape(1, -1),
        None if box is None else torch.tensor([box], dtype=torch.float32),
    )[0]


def test_points_keep_their_order_and_a_padding_token_follows(sam):
    prompts = sam.prompt_encoder
    where = sam.coordinate_encoder(torch.tensor([[[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]]))[0]

    tokens = tokens_of(sam, [(0.1, 0.2), (0.3, 0.4), (0.5, 0.6)], [0, 1, 0])

    assert len(tokens) == 4
    torch.testing.assert_close(tokens[0], where[0] + prompts.background[0])
    torch.testing.assert_close(tokens[1], where[1] + prompts.foreground[0])
    torch.testing.assert_close(tokens[2], where[2] + prompts.background[0])
    assert torch.equal(tokens[3], prompts.not_a_point[0])


def test_a_box_alone_makes_two_tokens_and_no_padding(sam):
    prompts = sam.prompt_encoder
    where = sam.coordinate_encoder(torch.tensor([[[0.1, 0.2], [0.7, 0.9]]]))[0]

    tokens = tokens_of(sam, [], [], box=[0.1, 0.2, 0.7, 0.9])

    assert len(tokens) == 2
    torch.testing.assert_close(tokens[0], where[0] + prompts.box_top_left[0])
    torch.testing.assert_close(tokens[1], where[1] + prompts.box_bottom_right[0])


def test_points_with_a_box_come_first_and_are_not_padded(sam):
    tokens = tokens_of(sam, [(0.1, 0.2)], [1], box=[0.3, 0.4, 0.5, 0.6])

    assert len(tokens) == 3
    torch.testing.assert_close(tokens[:1], tokens_of(sam, [(0.1, 0.2)], [1])[:1])
    torch.testing.assert_close(tokens[1:], tokens_of(sam, [], [], box=[0.3, 0.4, 0.5, 0.6]))


def test_no_points_and_no_box_make_no_token(sam):
    assert tokens_of(sam, [], []).shape == (0, sam.config.token_dim)


def test_a_mask_hint_makes_no_token_but_a_map_for_the_image(sam):
    hint = torch.randn(1, 1, 20, 20)
    encoder = sam.mask_decoder.mask_hint_encoder

    assert encoder(hint).shape == (1, 32, 5, 5)
    assert torch.equal(encoder(None)[0, :, 0, 0], encoder.no_mask[0])
