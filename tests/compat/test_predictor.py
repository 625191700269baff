"""The calls of the original's predictor notebook, on both."""

import inspect
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import sam_explore as sx
from sam_explore import compat
from sam_explore.compat.utils.transforms import ResizeLongestSide

from ..parity.reference import segment_anything

CLICK = {"point_coords": np.array([[120, 110]]), "point_labels": np.array([1])}
CLICKS = {"point_coords": np.array([[120, 110], [60, 50]]), "point_labels": np.array([1, 0])}
BOX = {"box": np.array([50, 60, 200, 180])}


def assert_alike(ours, theirs) -> None:
    """Masks, predicted IoU and low-resolution logits."""
    masks, iou, logits = ours
    assert masks.dtype == theirs[0].dtype
    assert masks.shape == theirs[0].shape
    assert (masks != theirs[0]).mean() < 1e-4  # at the edges, by rounding
    np.testing.assert_allclose(iou, theirs[1], atol=1e-5)
    np.testing.assert_allclose(logits, theirs[2], atol=1e-3)


@pytest.mark.parametrize("multimask_output", [True, False])
@pytest.mark.parametrize(
    "prompts", [CLICK, CLICKS, BOX, BOX | CLICK, {"box": BOX["box"][None]}, {}]
)
def test_prompts(predictors, prompts, multimask_output):
    ours, theirs = (
        each.predict(**prompts, multimask_output=multimask_output) for each in predictors
    )
    assert len(ours[0]) == (3 if multimask_output else 1)
    assert_alike(ours, theirs)


def test_a_mask_of_before_goes_back_as_a_hint(predictors):
    found = []
    for predictor in predictors:
        _, scores, logits = predictor.predict(**CLICK)
        hint = logits[np.argmax(scores)]
        found.append(predictor.predict(**CLICKS, mask_input=hint[None], multimask_output=False))
    assert_alike(*found)


def test_logits_at_the_pictures_size(predictors):
    ours, theirs = (each.predict(**CLICK, return_logits=True)[0] for each in predictors)
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_several_boxes_at_once(predictors, image):
    found = []
    for predictor in predictors:
        boxes = torch.tensor([[10, 20, 100, 120], [50, 60, 200, 180]])
        scaled = predictor.transform.apply_boxes_torch(boxes, image.shape[:2])
        found.append(
            predictor.predict_torch(
                point_coords=None, point_labels=None, boxes=scaled, multimask_output=False
            )
        )
    assert found[0][0].shape == (2, 1, *image.shape[:2])
    assert_alike(*([each.numpy() for each in one] for one in found))


def test_padding_points(predictors):
    """Label -1, as the original pads prompt sets of different length."""
    points = torch.tensor([[[100.0, 90.0], [0.0, 0.0]]])
    labels = torch.tensor([[1, -1]])
    ours, theirs = (each.predict_torch(points, labels) for each in predictors)
    assert_alike(*([each.numpy() for each in one] for one in (ours, theirs)))
    with pytest.raises(ValueError, match=r"point_labels must be 1 .* but one is 2"):
        predictors[0].predict_torch(points, torch.tensor([[1, 2]]))


def test_several_pictures_at_once(models, image):
    """As the original's notebook prepares them."""
    found = []
    for model, transform in (
        (models[0], ResizeLongestSide),
        (models[1], segment_anything.utils.transforms.ResizeLongestSide),
    ):
        resize = transform(model.image_encoder.img_size)
        inputs = []
        for picture in (image, image[:, :100]):
            scaled = torch.as_tensor(resize.apply_image(picture), device=model.device)
            boxes = torch.tensor([[10, 20, 80, 90]])
            inputs.append({
                "image": scaled.permute(2, 0, 1).contiguous(),
                "boxes": resize.apply_boxes_torch(boxes, picture.shape[:2]),
                "original_size": picture.shape[:2],
            })  # fmt: skip
        inputs[1] |= {
            "point_coords": torch.tensor([[[50.0, 60.0]]]),
            "point_labels": torch.tensor([[1]]),
        }
        found.append(model(inputs, multimask_output=False))
    names = ("masks", "iou_predictions", "low_res_logits")
    for ours, theirs in zip(*found, strict=True):
        assert ours.keys() == theirs.keys()
        assert_alike(*([each[name].numpy() for name in names] for each in (ours, theirs)))


def test_a_scaled_tensor_as_the_picture(models, image):
    pixels = torch.as_tensor(image.copy()).permute(2, 0, 1)[None].float()
    scaled = compat.SamPredictor(models[0]).transform.apply_image_torch(pixels)
    found = []
    for module, model in ((compat, models[0]), (segment_anything, models[1])):
        predictor = module.SamPredictor(model)
        predictor.set_torch_image(scaled, image.shape[:2])
        found.append(predictor.predict(**CLICK))
    assert_alike(*found)
    side = models[0].image_encoder.img_size
    with pytest.raises(ValueError, match=f"side of transformed_image must be {side} pixels"):
        compat.SamPredictor(models[0]).set_torch_image(torch.zeros(1, 3, 10, 20), (10, 20))


def test_the_other_order_of_channels(models, image, predictors):
    predictor = compat.SamPredictor(models[0])
    predictor.set_image(np.ascontiguousarray(image[..., ::-1]), image_format="BGR")
    torch.testing.assert_close(predictor.get_image_embedding(), predictors[0].get_image_embedding())
    with pytest.raises(ValueError, match='must be "RGB" or "BGR", not \'HSV\''):
        predictor.set_image(image, image_format="HSV")


def test_what_the_predictor_says_of_the_picture(predictors):
    ours, theirs = predictors
    for name in ("original_size", "input_size", "is_image_set", "device"):
        assert getattr(ours, name) == getattr(theirs, name), name
    torch.testing.assert_close(
        ours.get_image_embedding(), theirs.get_image_embedding(), atol=1e-4, rtol=1e-4
    )


def test_without_a_picture_it_asks_for_one(models):
    predictor = compat.SamPredictor(models[0])
    assert not predictor.is_image_set
    for call in (predictor.predict, predictor.get_image_embedding, predictor.trace):
        with pytest.raises(RuntimeError, match="must be set with set_image"):
            call()


def test_points_need_labels(predictors):
    with pytest.raises(ValueError, match="point_coords need point_labels"):
        predictors[0].predict(point_coords=np.array([[1, 2]]))


def test_from_the_predictor_to_a_trace(predictors):
    *_, logits = predictors[0].predict(**CLICKS)
    trace = predictors[0].trace(**CLICKS)
    np.testing.assert_allclose(trace.prediction.logits[1:], logits, atol=1e-4)
    assert "image_encoder.vit.blocks.0.attention.hook_pattern" in trace.sam.hook_points
    tensor_only = compat.SamPredictor(predictors[0].model)
    side = predictors[0].model.image_encoder.img_size
    tensor_only.set_torch_image(torch.zeros(1, 3, side, side), (side, side))
    with pytest.raises(RuntimeError, match="A trace needs the picture"):
        tensor_only.trace(**CLICK)


def test_a_model_of_this_package_will_do_and_another_is_refused(image):
    predictor = compat.SamPredictor(sx.load())
    predictor.set_image(image)
    assert predictor.predict(**CLICK)[0].shape == (3, *image.shape[:2])
    with pytest.raises(TypeError, match="Expected a model of sam_explore"):
        inspect.unwrap(compat.Sam.__init__)(SimpleNamespace(), torch.nn.Linear(1, 1))


def test_what_is_missing_says_where_it_is(models):
    with pytest.raises(AttributeError, match=r"sam\.network\.decode"):
        _ = models[0].mask_decoder
    with pytest.raises(AttributeError, match="no attribute 'banana'"):
        _ = models[0].banana


def test_scaling_is_the_originals():
    ours, theirs = ResizeLongestSide(64), segment_anything.utils.transforms.ResizeLongestSide(64)
    coords, boxes = np.array([[3, 4], [50, 7]]), np.array([[1, 2, 30, 40]])
    np.testing.assert_allclose(
        ours.apply_coords(coords, (90, 50)), theirs.apply_coords(coords, (90, 50))
    )
    np.testing.assert_allclose(
        ours.apply_boxes(boxes, (90, 50)), theirs.apply_boxes(boxes, (90, 50))
    )
    for method, tensor in (("apply_coords_torch", coords), ("apply_boxes_torch", boxes)):
        found = (getattr(each, method)(torch.tensor(tensor), (90, 50)) for each in (ours, theirs))
        torch.testing.assert_close(*found)
    scaled = ours.apply_image_torch(torch.zeros(1, 3, 31, 90))
    assert scaled.shape[2:] == ours.apply_image(np.zeros((31, 90, 3), np.uint8)).shape[:2]
    assert ours.get_preprocess_shape(31, 90, 64) == theirs.get_preprocess_shape(31, 90, 64)


def test_in_inference_mode_as_scripts_of_the_field_call_it(models, image, predictors):
    with torch.inference_mode():
        predictor = compat.SamPredictor(models[0])
        pixels = torch.as_tensor(image.copy()).permute(2, 0, 1)[None].float()
        scaled = predictor.transform.apply_image_torch(pixels)
        predictor.set_torch_image(scaled, image.shape[:2])
        once = predictor.predict(**CLICK)
        hinted = predictor.predict_torch(
            torch.tensor([[[60.0, 55.0]]]), torch.tensor([[1]]), None,
            torch.tensor(once[2][:1])[None],
        )  # fmt: skip
    again = predictor.predict(**CLICK)
    np.testing.assert_allclose(again[2], once[2], atol=1e-4)
    assert hinted[0].shape == (1, 3, *image.shape[:2])


def test_colours_are_turned_whatever_form_the_picture_has(predictors, image):
    """In other forms the last axis is the width, or has the opacity."""
    grey, opaque = image[..., 0], np.full((*image.shape[:2], 1), 255, np.uint8)
    bgr = image[..., ::-1]
    pairs = (
        (np.concatenate([bgr, opaque], axis=2), image),
        (np.moveaxis(bgr, 2, 0), image),
        (grey, np.repeat(grey[..., None], 3, axis=2)),
    )
    predictor = compat.SamPredictor(predictors[0].model)
    for given, expected in pairs:
        predictor.set_image(given, "BGR")
        found = predictor.features
        predictor.set_image(expected)
        assert torch.equal(found, predictor.features)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_pytorchs_default_type_changes_nothing(predictors, dtype):
    predictor = compat.SamPredictor(predictors[0].model)
    levels = torch.arange(3 * 320 * 320.0).remainder(256).view(1, 3, 320, 320)
    predictor.set_torch_image(levels, (320, 320))
    plain = predictor.features, *predictor.predict(**CLICK), *predictor.predict(**BOX)
    torch.set_default_dtype(dtype)
    try:
        predictor.set_torch_image(levels, (320, 320))
        found = predictor.features, *predictor.predict(**CLICK), *predictor.predict(**BOX)
    finally:
        torch.set_default_dtype(torch.float32)
    for one, other in zip(found, plain, strict=True):
        np.testing.assert_array_equal(one, other)


def test_pytorchs_default_device_changes_nothing(predictors, image):
    plain = predictors[0].predict(**CLICK), predictors[0].predict(**BOX)
    torch.set_default_device("meta")
    try:
        found = predictors[0].predict(**CLICK), predictors[0].predict(**BOX)
    finally:
        torch.set_default_device(None)
    for one, other in zip(found, plain, strict=True):
        assert_alike(one, other)
