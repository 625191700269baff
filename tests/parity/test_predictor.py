"""From uint8 pixels and clicks to masks: what the original's SamPredictor gives."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

import sam_explore as sx

from .reference import (
    build_ours,
    build_reference,
    give_weights,
    random_weights,
    relative_error,
    segment_anything,
)
from .trio import SMALL_CONFIGS

# Odd ones, a portrait, a thin one, and one that needs no scaling.
IMAGE_SIZES = [(97, 133), (427, 640), (1, 50), (50, 1), (301, 200), (80, 80), (31, 1023)]
CONFIG = SMALL_CONFIGS["10 tokens of 8 pixels in windows of 4"]

# Points and boxes as fractions of the picture, labels, and whether a mask hint is given.
QUESTIONS = {
    "one point": ([(0.4, 0.7)], [1], None, False),
    "points of both kinds": ([(0.0, 0.0), (0.9, 0.2), (1.0, 1.0)], [0, 1, 0], None, False),
    "a box": ([], [], (0.1, 0.0, 0.8, 0.95), False),
    "a box with points": ([(0.5, 0.5), (0.05, 0.9)], [1, 0], (0.2, 0.3, 0.7, 1.0), False),
    "a mask hint": ([], [], None, True),
    "a point with a mask hint": ([(0.3, 0.3)], [1], None, True),
}


@dataclass(frozen=True)
class Both:
    """The same weights in ours and in the original's predictor, which has seen the same picture."""

    image: np.ndarray
    sam: sx.Sam
    encoded: sx.EncodedImage
    predictor: segment_anything.SamPredictor

    def share_the_embedding(self) -> None:
        """Let the predictor go on from our image tokens, so that only what follows is compared."""
        self.predictor.features = self.encoded.tokens


@pytest.fixture(scope="module")
def models():
    weights = random_weights(CONFIG, seed=3)
    original = give_weights(build_reference(CONFIG), weights)
    return build_ours(CONFIG, weights), segment_anything.SamPredictor(original)


@pytest.fixture(scope="module", params=IMAGE_SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def both(request, models) -> Both:
    sam, predictor = models
    image = np.random.default_rng(7).integers(0, 256, (*request.param, 3), dtype=np.uint8)
    predictor.set_image(image)
    both = Both(image, sam, sx.encode(sam, image), predictor)
    assert relative_error(both.encoded.tokens, predictor.features) <= 2e-5
    return both


def ask(both: Both, question: tuple) -> tuple[sx.Prompts, dict]:
    """A question as our prompts and as the arguments of the original's `predict`."""
    points, labels, box, has_hint = question
    height, width = both.encoded.frame.image_size
    points = np.reshape([(x * width, y * height) for x, y in points], (-1, 2))
    box = None if box is None else np.array(box) * [width, height, width, height]
    side = CONFIG.mask_size
    hint = np.random.default_rng(1).normal(0, 5, (side, side)) if has_hint else None
    theirs = {
        "point_coords": points if len(points) else None,
        "point_labels": np.array(labels) if len(points) else None,
        "box": box,
        "mask_input": None if hint is None else hint[None],
    }
    return sx.Prompts(points, labels, box, hint), theirs


def four_masks(both: Both, arguments: dict) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Upscaled logits, IoU and low-resolution logits of all four masks from the predictor."""
    one = both.predictor.predict(**arguments, multimask_output=False, return_logits=True)
    three = both.predictor.predict(**arguments, multimask_output=True, return_logits=True)
    return tuple(torch.tensor(np.concatenate(pair)) for pair in zip(one, three, strict=True))


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_masks_and_iou_are_the_predictors(both, question):
    prompts, arguments = ask(both, question)
    both.share_the_embedding()

    prediction = sx.predict(both.sam, both.encoded, prompts)

    upscaled, iou, logits = four_masks(both, arguments)
    assert relative_error(torch.tensor(prediction.logits), logits) <= 1e-5
    assert relative_error(torch.tensor(prediction.iou), iou) <= 1e-5
    assert relative_error(torch.tensor(prediction.upscaled), upscaled) <= 1e-5
    certain = upscaled.abs() > 1e-4 * upscaled.abs().max()
    differs = torch.tensor(prediction.masks()) != (upscaled > 0)
    assert certain.float().mean() > 0.99
    assert not (differs & certain).any()


def test_one_pass_from_pixels_to_logits_stays_close(both):
    """Without sharing the embedding: its own small error goes through the decoder."""
    prompts, arguments = ask(both, QUESTIONS["points of both kinds"])
    both.predictor.set_image(both.image)

    prediction = sx.predict(both.sam, both.encoded, prompts)

    _, iou, logits = four_masks(both, arguments)
    assert relative_error(torch.tensor(prediction.logits), logits) <= 2e-5
    assert relative_error(torch.tensor(prediction.iou), iou) <= 2e-5


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_prompt_tokens_are_the_predictors_token_for_token(both, question):
    prompts, arguments = ask(both, question)
    seen = []
    hook = both.predictor.model.prompt_encoder.register_forward_hook(
        lambda module, inputs, output: seen.append(output[0])
    )
    both.predictor.predict(**arguments)
    hook.remove()

    tokens = []
    hook = both.sam.prompt_encoder.register_forward_hook(
        lambda module, inputs, output: tokens.append(output)
    )
    sx.predict(both.sam, both.encoded, prompts)
    hook.remove()

    assert tokens[0].shape == seen[0].shape == (1, prompts.token_count, CONFIG.token_dim)
    torch.testing.assert_close(tokens[0], seen[0], rtol=0, atol=1e-5)


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_stability_is_the_originals_where_that_is_defined(both, question):
    from segment_anything.utils.amg import calculate_stability_score

    prompts, _ = ask(both, question)
    prediction = sx.predict(both.sam, both.encoded, prompts)
    upscaled = torch.tensor(prediction.upscaled)

    for threshold, offset in ((0.0, 1.0), (0.3, 0.5)):
        expected = calculate_stability_score(upscaled, threshold, offset).numpy()
        defined = np.isfinite(expected)
        assert defined.any()
        np.testing.assert_allclose(
            prediction.stability(threshold, offset)[defined], expected[defined], rtol=1e-6
        )


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_the_chosen_mask_is_the_originals_choice(both, question):
    from segment_anything.utils.onnx import SamOnnxModel

    prompts, _ = ask(both, question)
    prediction = sx.predict(both.sam, both.encoded, prompts)
    exported = SamOnnxModel(both.predictor.model, return_single_mask=True)

    masks, iou = exported.select_masks(
        torch.tensor(prediction.logits)[None],
        torch.tensor(prediction.iou)[None],
        prompts.token_count,
    )

    np.testing.assert_array_equal(masks[0, 0], prediction.logits[prediction.chosen])
    assert float(iou[0, 0]) == prediction.iou[prediction.chosen]


def test_a_mixed_list_of_prompts_gives_what_one_by_one_gives(both):
    questions = [ask(both, question) for question in QUESTIONS.values()] * 3
    both.share_the_embedding()

    predictions = sx.predict(both.sam, both.encoded, [prompts for prompts, _ in questions])

    for prediction, (prompts, arguments) in zip(predictions, questions, strict=True):
        assert prediction.prompts is prompts
        alone = sx.predict(both.sam, both.encoded, prompts)
        assert relative_error(torch.tensor(prediction.logits), torch.tensor(alone.logits)) <= 1e-5
        _, iou, logits = four_masks(both, arguments)
        assert relative_error(torch.tensor(prediction.logits), logits) <= 1e-5
        assert relative_error(torch.tensor(prediction.iou), iou) <= 1e-5


def test_pixel_statistics_of_the_configuration_are_used(models):
    sam, _ = models
    image = np.zeros((80, 80, 3), np.uint8)
    other = build_ours(replace(CONFIG, pixel_mean=(1.0, 2.0, 3.0)), random_weights(CONFIG, seed=3))

    assert relative_error(sx.encode(other, image).tokens, sx.encode(sam, image).tokens) > 0.01
