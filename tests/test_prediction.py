"""Encode and predict: batches, errors in words, gradients later, and the rules by hand."""

import inspect
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import sam_explore as sx
from sam_explore import prediction
from sam_explore.geometry import Frame, Prompts
from sam_explore.prediction import EncodedImage, Prediction, prompt_tensors
from sam_explore.preprocessing import Preprocessing

from .checkpoints import CUSTOM, official_weights
from .parity.reference import build_ours

# Without the type checks of the test suite, as users have them.
encode, predict = inspect.unwrap(sx.encode), inspect.unwrap(sx.predict)


@pytest.fixture(scope="module")
def sam() -> sx.Sam:
    return build_ours(CUSTOM, official_weights())


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (60, 120, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def encoded(sam, picture) -> EncodedImage:
    return sx.encode(sam, picture)


@pytest.fixture
def decoded_batches(sam):
    """How many prompt sets each run of the decoder has had."""
    batches = []
    hook = sam.mask_decoder.register_forward_hook(
        lambda module, inputs, output: batches.append(len(output[0]))
    )
    yield batches
    hook.remove()


class TestEncode:
    def test_a_picture_lies_at_the_top_left_of_its_input(self, picture):
        pixels, frame = Preprocessing()(picture, CUSTOM)

        assert frame == Frame((60, 120), (40, 80), side=80, patch_size=8)
        assert pixels.shape == (3, 80, 80)
        scaled = np.asarray(Image.fromarray(picture).resize((80, 40), Image.Resampling.BILINEAR))
        for channel in range(3):
            mean, std = CUSTOM.pixel_mean[channel], CUSTOM.pixel_std[channel]
            np.testing.assert_allclose(
                pixels[channel, :40], (scaled[..., channel] - mean) / std, rtol=1e-5, atol=1e-6
            )
        assert not pixels[:, 40:].any()  # padding is zero after normalising

    def test_there_is_a_token_for_each_patch_of_the_input(self, encoded):
        assert encoded.tokens.shape == (1, CUSTOM.token_dim, 10, 10)

    def test_pictures_of_any_memory_layout_are_the_same(self, sam, picture, encoded):
        fortran = np.asfortranarray(picture)
        reversed_twice = np.ascontiguousarray(picture[:, ::-1])[:, ::-1]
        for same in (fortran, reversed_twice):
            assert torch.equal(sx.encode(sam, same).tokens, encoded.tokens)

    @pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (81, 3)])
    def test_thin_and_tiny_pictures_get_masks_of_their_own_size(self, sam, size):
        encoded = sx.encode(sam, np.full((*size, 3), 200, np.uint8))

        prediction = sx.predict(sam, encoded, Prompts([(0, 0)]))

        assert prediction.masks().shape == (4, *size)
        assert np.isfinite(prediction.upscaled).all()

    def test_a_picture_may_be_a_file_or_a_tensor_too(self, sam, picture, encoded, tmp_path):
        path = tmp_path / "picture.png"
        Image.fromarray(picture).save(path)
        for same in (path, Image.open(path), torch.tensor(picture).permute(2, 0, 1)):
            assert torch.equal(sx.encode(sam, same).tokens, encoded.tokens)


class TestMistakes:
    """Arguments in the wrong order, or of another kind: told in words, with what to do."""

    @pytest.mark.parametrize(
        ("call", "words"),
        [
            (
                lambda sam, image, seen: encode(image, sam),
                r"sam must be a model.* but is a ndarray",
            ),
            (lambda sam, image, seen: encode("vit_b", image), r"sx\.load\('vit_b'\)"),
            (lambda sam, image, seen: encode(sam, sam), "The model comes first, then the picture"),
            (lambda sam, image, seen: encode(sam, [[0]]), r"but is a list\. .* np\.array"),
            (
                lambda sam, image, seen: predict(sam, image, Prompts()),
                "but is a ndarray. Encode it",
            ),
            (
                lambda sam, image, seen: predict(seen, sam, Prompts()),
                r"is sx\.predict\(sam, encoded",
            ),
            (
                lambda sam, image, seen: predict(sam, seen, [(3, 4)]),
                r"sx\.Prompts\(points=\[\(x, y",
            ),
            (
                lambda sam, image, seen: predict(sam, seen, (3, 4)),
                r"or a list of such, but is \(3, 4",
            ),
            (lambda sam, image, seen: predict(sam, seen, None), "but is None"),
        ],
    )
    def test_are_reported_with_what_to_do(self, sam, picture, encoded, call, words):
        with pytest.raises(TypeError, match=words):
            call(sam, picture, encoded)

    def test_a_picture_encoded_by_a_model_of_other_tokens_is_refused(self, sam, encoded):
        other = sx.Sam(replace(CUSTOM, token_dim=2 * CUSTOM.token_dim))

        with pytest.raises(ValueError, match="must come from this model, whose tokens have 64"):
            sx.predict(other, encoded, Prompts([(1, 2)]))

    @pytest.mark.parametrize("call", ["Trace(sam, image, prompts)", "Session(sam, image)"])
    def test_a_run_and_a_session_tell_the_order_too(self, call, picture, monkeypatch):
        kind = getattr(sx, call.partition("(")[0])
        with pytest.raises(TypeError, match=re.escape(f"The order is sx.{call}.")):
            inspect.unwrap(kind.__init__)(kind.__new__(kind), picture, "photo.jpg")


def test_what_there_is_describes_itself_in_a_line(sam, picture, encoded):
    prompts = Prompts([(10, 20)], mask_hint=np.zeros((40, 40)))
    prediction = sx.predict(sam, encoded, prompts)
    trace = sx.Trace(sam, picture, prompts).with_edit("image_encoder.**.hook_q", sx.zero)

    assert repr(prompts) == "Prompts(points=[[10.0, 20.0]], labels=[1], mask_hint=40 x 40 logits)"
    assert repr(encoded) == (
        "EncodedImage(picture 120 wide and 60 high: 10 x 10 tokens of 32 channels)"
    )
    assert repr(prediction).startswith("Prediction(4 masks of a picture 120 wide and 60 high, pred")
    assert repr(trace).startswith(
        "Trace(custom, picture 120 wide and 60 high, 10 x 10 tokens, Prom"
    )
    assert repr(trace).endswith(", 1 change)")
    assert re.fullmatch(
        r"Sam\(custom: 4 blocks of 32 channels, .* million parameters, cpu\)", repr(sam)
    )
    for each in (prompts, encoded, prediction, trace, sam):
        assert "\n" not in repr(each)
        assert len(repr(each)) < 250


class TestPredict:
    def test_one_prompt_set_gives_one_prediction_and_a_list_a_list(self, sam, encoded):
        prompts = Prompts([(10, 20)])

        assert isinstance(sx.predict(sam, encoded, prompts), Prediction)
        assert [one.prompts for one in sx.predict(sam, encoded, [prompts])] == [prompts]
        assert sx.predict(sam, encoded, ()) == []

    def test_results_are_read_only_numpy_of_the_documented_shapes(self, sam, encoded):
        prediction = sx.predict(sam, encoded, Prompts([(10, 20)]))

        assert prediction.logits.shape == (4, 40, 40)
        assert prediction.iou.shape == (4,)
        assert prediction.upscaled.shape == (4, 60, 120)
        assert prediction.masks().shape == (4, 60, 120)
        assert prediction.masks().dtype == bool
        assert prediction.stability().shape == (4,)
        for array in (prediction.logits, prediction.iou, prediction.upscaled):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0

    def test_sets_of_one_kind_run_together_and_others_apart(self, sam, encoded, decoded_batches):
        hint = np.zeros((40, 40))
        prompts = [
            Prompts([(1, 2)]),
            Prompts([(1, 2), (3, 4)]),
            Prompts([(5, 6)], labels=[0]),
            Prompts(box=(1, 2, 3, 4)),  # two tokens, like one point with its padding
            Prompts([(7, 8)], mask_hint=hint),
            Prompts([(9, 9)]),
            Prompts(box=(5, 5, 9, 9)),
            Prompts(mask_hint=hint),
        ]

        predictions = sx.predict(sam, encoded, prompts)

        assert decoded_batches == [3, 1, 2, 1, 1]
        assert [one.prompts for one in predictions] == prompts

    def test_many_sets_run_in_batches_of_some_logits(
        self, sam, encoded, decoded_batches, monkeypatch
    ):
        a_set = sam.config.mask_tokens * sam.config.mask_size**2
        monkeypatch.setattr(prediction, "_LOGITS_AT_ONCE", 16 * a_set + 1)
        prompts = [Prompts([(i, i)]) for i in range(35)]

        predictions = sx.predict(sam, encoded, prompts)

        assert decoded_batches == [16, 16, 3]
        alone = sx.predict(sam, encoded, prompts[20])
        np.testing.assert_allclose(predictions[20].logits, alone.logits, rtol=1e-4, atol=1e-5)
        assert not np.allclose(predictions[20].logits, predictions[4].logits, atol=1e-3)

    def test_a_picture_without_any_prompt_gets_an_answer_too(self, sam, encoded):
        assert np.isfinite(sx.predict(sam, encoded, Prompts()).logits).all()

    @pytest.mark.parametrize("point", [(-1, 5), (5, -0.5), (120.5, 5), (5, 61)])
    def test_a_point_outside_is_refused_in_words(self, sam, encoded, point):
        x, y = point
        with pytest.raises(ValueError, match=rf"\({x}, {y}\) lies outside .* 120 wide and 60 high"):
            sx.predict(sam, encoded, Prompts([(5, 5), point]))

    def test_points_on_the_border_are_inside(self, sam, encoded):
        corners = [(0, 0), (120, 0), (0, 60), (120, 60)]

        assert sx.predict(sam, encoded, Prompts(corners)).iou.shape == (4,)

    @pytest.mark.parametrize("shape", [(39, 40), (60, 120), (256, 256)])
    def test_a_hint_of_another_size_is_refused_in_words(self, sam, encoded, shape):
        words = rf"must be 40 x 40 logits .* but is \({shape[0]}, {shape[1]}\).* prediction\.logits"
        with pytest.raises(ValueError, match=words):
            sx.predict(sam, encoded, Prompts(mask_hint=np.zeros(shape)))

    @pytest.mark.parametrize("box", [(-5, -5, -1, 20), (121, 5, 130, 9), (5, 61, 9, 70)])
    def test_a_box_wholly_outside_is_refused_in_words(self, sam, encoded, box):
        with pytest.raises(ValueError, match=r"Box .* lies wholly outside .* 120 wide and 60 high"):
            sx.predict(sam, encoded, Prompts(box=box))

    def test_a_box_over_the_edge_is_taken_as_it_is_without_clipping(self, sam, encoded):
        over, clipped = (
            sx.predict(sam, encoded, Prompts(box=box))
            for box in [(-10, -10, 130, 30), (0, 0, 120, 30)]
        )

        assert not np.allclose(over.logits, clipped.logits, atol=1e-3)

    def test_a_wrong_set_anywhere_in_a_list_stops_before_any_work(
        self, sam, encoded, decoded_batches
    ):
        with pytest.raises(ValueError, match="outside"):
            sx.predict(sam, encoded, [Prompts([(1, 2)]), Prompts([(500, 2)])])

        assert decoded_batches == []

    def test_the_logits_of_one_answer_are_a_hint_for_the_next(self, sam, encoded):
        first = sx.predict(sam, encoded, Prompts([(10, 20)]))

        second = sx.predict(sam, encoded, first.prompts.with_mask_hint(first.logits[1]))

        assert not np.allclose(second.logits, first.logits, atol=1e-3)


class TestGradients:
    def test_image_tokens_can_take_part_in_a_backward_pass_later(self, sam, encoded):
        assert not encoded.tokens.is_inference()
        tokens = encoded.tokens.detach().clone().requires_grad_()
        prompt_tokens = sam.encode_prompts(
            torch.tensor([[[0.3, 0.4]]]), torch.tensor([[1]])
        ).requires_grad_()

        logits, _ = sam.decode(tokens, prompt_tokens)
        logits[0, 1].mean().backward()

        for gradient in (tokens.grad, prompt_tokens.grad):
            assert torch.isfinite(gradient).all()
            assert gradient.abs().max() > 0

    def test_encoded_tokens_serve_as_they_are_while_weights_are_trained(self, encoded):
        trainable = build_ours(CUSTOM, {k: v.clone() for k, v in official_weights().items()})
        trainable.requires_grad_()
        prompt_tokens = trainable.encode_prompts(torch.tensor([[[0.3, 0.4]]]), torch.tensor([[1]]))

        trainable.decode(encoded.tokens, prompt_tokens)[0].mean().backward()

        assert trainable.mask_decoder.iou_token.grad.abs().max() > 0

    def test_encode_and_predict_record_no_graph(self, picture):
        trainable = build_ours(CUSTOM, official_weights()).requires_grad_()

        encoded = sx.encode(trainable, picture)

        assert not encoded.tokens.requires_grad
        assert sx.predict(trainable, encoded, Prompts([(1, 2)])).iou.shape == (4,)

    def test_gradients_reach_the_picture(self, sam):
        image = torch.randn(1, 3, 80, 80, requires_grad=True)

        sam.encode_image(image).square().mean().backward()

        assert image.grad.abs().max() > 0


def test_everything_is_made_on_the_models_device(picture):
    """The meta device stands for any other: it refuses to be mixed with the processor."""
    elsewhere = build_ours(CUSTOM, official_weights()).to("meta")
    prompts = [Prompts([(1, 2)], box=(1, 2, 3, 4), mask_hint=np.zeros((40, 40)))]

    encoded = sx.encode(elsewhere, picture)
    points, labels, boxes, hints = prompt_tensors(prompts, encoded.frame, elsewhere.device)
    tokens = elsewhere.encode_prompts(points, labels, boxes)
    logits, iou = elsewhere.decode(encoded.tokens, tokens, hints)

    tensors = (encoded.tokens, points, labels, boxes, hints, tokens, logits, iou)
    assert {tensor.device.type for tensor in tensors} == {"meta"}


def test_other_pixel_statistics_in_the_configuration_shift_the_input(picture):
    usual, _ = Preprocessing()(picture, CUSTOM)

    shifted, _ = Preprocessing()(picture, replace(CUSTOM, pixel_mean=(0.0, 0.0, 0.0)))

    difference = (shifted - usual)[:, :40].mean(dim=(1, 2))
    expected = torch.tensor(CUSTOM.pixel_mean) / torch.tensor(CUSTOM.pixel_std)
    torch.testing.assert_close(difference, expected, rtol=1e-4, atol=1e-4)
