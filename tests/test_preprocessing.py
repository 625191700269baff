"""From a picture to the model's input: padded, stretched, at other sizes, and where pixels lie."""

import numpy as np
import pytest
import torch
from PIL import Image

import sam_explore as sx
from sam_explore.geometry import Prompts
from sam_explore.preprocessing import Preprocessing

from .checkpoints import CUSTOM, official_weights
from .parity.reference import build_ours


@pytest.fixture(scope="module")
def sam() -> sx.Sam:
    return build_ours(CUSTOM, official_weights())


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (60, 120, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("how", "input_size", "grid"),
    [
        (Preprocessing(), (40, 80), (10, 10)),
        (Preprocessing(side=160), (80, 160), (20, 20)),
        (Preprocessing("stretch"), (80, 80), (10, 10)),
        (Preprocessing("stretch", 48), (48, 48), (6, 6)),
        (Preprocessing("stretch", (48, 96)), (48, 96), (6, 12)),
        (Preprocessing("stretch", (96, 40)), (96, 40), (12, 5)),
        (Preprocessing("stretch", 80, keep_aspect=True), (40, 80), (5, 10)),
        (Preprocessing("stretch", 72, keep_aspect=True), (40, 72), (5, 9)),  # 36 lies halfway
        (Preprocessing("stretch", keep_aspect=True), (40, 80), (5, 10)),
        (Preprocessing("medsam", 48), (48, 48), (6, 6)),
    ],
)
def test_sizes(how, input_size, grid, picture):
    pixels, frame = how(picture, CUSTOM)

    assert (frame.input_size, frame.grid) == (input_size, grid)
    assert tuple(pixels.shape) == (3, *frame.side)
    assert frame.side == tuple(8 * length for length in grid)


@pytest.mark.parametrize(("size", "side"), [((1, 5000), (8, 80)), ((5000, 1), (80, 8))])
def test_a_thin_picture_that_keeps_its_aspect_has_one_patch_at_least(size, side):
    assert Preprocessing("stretch", keep_aspect=True).frame(size, CUSTOM).side == side


def test_stretching_scales_both_sides_and_normalises(picture):
    pixels, _ = Preprocessing("stretch", (48, 64))(picture, CUSTOM)

    scaled = np.asarray(Image.fromarray(picture).resize((64, 48), Image.Resampling.BILINEAR))
    for channel in range(3):
        mean, std = CUSTOM.pixel_mean[channel], CUSTOM.pixel_std[channel]
        np.testing.assert_allclose(
            pixels[channel], (scaled[..., channel] - mean) / std, rtol=1e-5, atol=1e-6
        )


def test_medsam_stretches_and_spreads_the_values_from_0_to_1():
    picture = np.full((2, 3, 3), 60, np.uint8)
    picture[:, 0], picture[0, 0, 2] = 110, 160  # left column brighter, one value the brightest

    pixels, frame = Preprocessing("medsam")(picture, CUSTOM)

    assert (frame.image_size, frame.input_size, frame.side) == ((2, 3), (80, 80), (80, 80))
    assert pixels.shape == (3, 80, 80)
    assert (float(pixels.min()), float(pixels.max())) == (0, 1)
    assert pixels[0, -1, 0] == pytest.approx(0.5, abs=0.1)  # 110 lies halfway to 160
    corner = frame.unit_from_px(np.array([[3.0, 2.0]])) * 80
    assert corner.tolist() == [[80.5, 80.5]]


@pytest.mark.parametrize("how", [Preprocessing(), Preprocessing("stretch")])
def test_the_input_as_colours_is_the_scaled_picture_and_padding_the_mean_colour(how):
    picture = np.random.default_rng(2).integers(0, 256, (40, 80, 3), dtype=np.uint8)
    pixels, frame = how(picture, CUSTOM)

    colours = how.colours(pixels, CUSTOM)

    scaled = Image.fromarray(picture).resize(frame.input_size[::-1], Image.Resampling.BILINEAR)
    height, width = frame.input_size
    np.testing.assert_array_equal(colours[:height, :width], np.asarray(scaled))
    if how.name == "original":
        assert (colours[height:] == (124, 116, 104)).all()  # 123.675, 116.28, 103.53


def test_a_picture_that_is_padded_by_hand_in_the_mean_colour_and_stretched_is_the_originals_input():
    picture = np.random.default_rng(2).integers(0, 256, (40, 80, 3), dtype=np.uint8)
    by_hand = np.full((80, 80, 3), (124, 116, 104), np.uint8)
    by_hand[:40] = picture

    padded, stretched = (
        how(given, CUSTOM)[0]
        for how, given in ((Preprocessing(), picture), (Preprocessing("stretch"), by_hand))
    )

    # Up to what rounding leaves of the mean, half a grey level in 57.
    torch.testing.assert_close(stretched, padded, atol=0.5 / 57, rtol=0)


def test_medsams_input_as_colours_goes_from_black_to_white():
    pixels, _ = Preprocessing("medsam")(np.full((8, 8, 3), 7, np.uint8), CUSTOM)
    pixels[0, 0, 0] = 1.0

    colours = Preprocessing("medsam").colours(pixels, CUSTOM)

    assert (colours[0, 0].tolist(), colours[1, 1].tolist()) == ([255, 0, 0], [0, 0, 0])


def test_medsam_makes_a_picture_of_one_value_black():
    pixels, _ = Preprocessing("medsam")(np.full((9, 4, 3), 77, np.uint8), CUSTOM)

    assert not pixels.any()


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (Preprocessing("as it was"), "one of original, stretch, medsam, not 'as it was'"),
        (Preprocessing("stretch", 50), "multiple of 8 pixels.*; but it is 50. Near: 48 or 56"),
        (Preprocessing("stretch", (48, 50)), r"but it is \(48, 50\). Near: 48 or 56"),
        (Preprocessing("stretch", 0), "but it is 0. Near: 8 or 16"),
        (Preprocessing("stretch", -8), "but it is -8. Near: 8 or 16"),
        (Preprocessing("stretch", (48, 48, 3)), r"but it is \(48, 48, 3\)"),
        (Preprocessing(side=(48, 96)), '"original" pads to a square'),
        (Preprocessing("stretch", (48, 96), keep_aspect=True), "works the other side out"),
        (Preprocessing(keep_aspect=True), 'goes with preprocessing="stretch", not with .original'),
    ],
    ids=repr,
)
def test_a_size_that_can_not_be_is_refused_in_words(how, words, picture):
    with pytest.raises(ValueError, match=words):
        how(picture, CUSTOM)


@pytest.mark.parametrize("side", [48.0, True, "48", (48.0, 48)], ids=repr)
def test_a_side_that_is_no_whole_number_is_refused_in_words(side):
    how = Preprocessing("stretch")
    object.__setattr__(how, "side", side)  # past the type checks of the suite

    with pytest.raises(ValueError, match=r"for a square, or \(height, width\); but it is"):
        how.check(CUSTOM)


def test_a_list_of_two_is_a_pair():
    assert Preprocessing("stretch", [48, 96]) == Preprocessing("stretch", (48, 96))


class TestAtAnotherSize:
    @pytest.mark.parametrize("side", [48, 160, (48, 96), (96, 48), (8, 8)])
    def test_masks_come_back_at_the_pictures_size(self, sam, picture, side):
        encoded = sx.encode(sam, picture, preprocessing="stretch", side=side)

        prediction = sx.predict(sam, encoded, Prompts([(110, 50)], box=(3, 4, 60, 50)))

        rows, columns = encoded.frame.grid
        assert encoded.tokens.shape == (1, CUSTOM.token_dim, rows, columns)
        assert prediction.logits.shape == (4, 4 * rows, 4 * columns)
        assert prediction.visible.shape == prediction.logits.shape
        assert prediction.masks().shape == (4, 60, 120)
        assert np.isfinite(prediction.upscaled).all()

    def test_the_logits_are_a_hint_at_the_same_size_only(self, sam, picture):
        wide = sx.encode(sam, picture, preprocessing="stretch", side=(48, 96))
        square = sx.encode(sam, picture, preprocessing="stretch", side=48)
        hint = sx.predict(sam, wide, Prompts([(9, 9)])).logits[1]

        assert sx.predict(sam, wide, Prompts(mask_hint=hint)).iou.shape == (4,)
        with pytest.raises(ValueError, match=r"must be 24 x 24 logits .* but is \(24, 48\)"):
            sx.predict(sam, square, Prompts(mask_hint=hint))

    def test_each_new_place_weighs_the_four_learned_ones_around_it(self):
        sam = sx.Sam(CUSTOM)
        encoder = sam.image_encoder.position_encoder
        with torch.no_grad():
            encoder.table.zero_()
            encoder.table[:, 5] = 1  # one row of ten
            found = encoder(torch.zeros(1, 20, 10, CUSTOM.encoder_dim))[0, :, 0, 0]

        # Row i of 20 lies at i / 2 - 1/4 of the 10. The cubic of -3/4, at distances of 1/4, 3/4,
        # 5/4 and 7/4 from the row.
        weights = [0.87890625, 0.26171875, -0.10546875, -0.03515625, 0]
        np.testing.assert_allclose(found[11:16], weights, atol=1e-6)
        np.testing.assert_allclose(found[6:11].flip(0), weights, atol=1e-6)

    def test_an_input_that_ends_within_a_patch_is_refused_by_the_network(self, sam):
        with pytest.raises(ValueError, match="in multiples of 8 pixels, but got 80 x 84"):
            sam.encode_image(torch.zeros(1, 3, 80, 84))

    def test_tables_can_not_be_cropped_to_a_larger_grid(self, sam, picture):
        trace = sx.Trace(sam, picture, preprocessing="stretch", side=(48, 96))
        with pytest.raises(ValueError, match=r"10 tokens a side, which can't be cropped to 12"):
            trace.with_windows(None, "crop")

        smaller = sx.Trace(sam, picture, preprocessing="stretch", side=(48, 64))
        cropped = smaller.with_windows(None, "crop").prediction
        assert not np.allclose(cropped.logits, smaller.prediction.logits, atol=1e-3)


def test_one_object_at_two_sizes_is_one_click():
    """A click in the user's pixels means the same place of the picture at any input."""
    # A picture of 60 x 120 stretched to 48 x 96: x and y both by 0.8.
    wide = Preprocessing("stretch", (48, 96)).frame((60, 120), CUSTOM)
    # Stretched to the square, x by 2/3 and y by 4/3.
    square = Preprocessing("stretch").frame((60, 120), CUSTOM)

    corners = np.array([(0, 0), (120, 0), (0, 60), (120, 60)], float)
    half_wide, half_square = (0.5 / 96, 0.5 / 48), (0.5 / 80, 0.5 / 80)
    ends = np.array([(0, 0), (1, 0), (0, 1), (1, 1)], float)
    np.testing.assert_allclose(wide.unit_from_px(corners), ends + half_wide, rtol=1e-12)
    np.testing.assert_allclose(square.unit_from_px(corners), ends + half_square, rtol=1e-12)
    np.testing.assert_allclose(wide.px_from_unit(wide.unit_from_px(corners)), corners, atol=1e-9)
    assert (wide.token_at((119, 59)), square.token_at((119, 59))) == ((5, 11), (9, 9))
    assert wide.token_size_px == (10, 10)
    assert square.token_size_px == pytest.approx((6, 12))


@pytest.mark.parametrize("side", [np.int64(64), [np.int32(64), 96], (64, np.uint8(96))], ids=repr)
def test_sides_that_numpy_computed_are_sides(side):
    how = Preprocessing("stretch", side)
    assert how in (Preprocessing("stretch", 64), Preprocessing("stretch", (64, 96)))
    assert how.frame((10, 10), sx.load().config).side[0] == 64
