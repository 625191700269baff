"""The ONNX file under onnxruntime gives what the predictor gives."""

import numpy as np
import onnxruntime
import pytest

from sam_explore.compat.onnx_model import INPUTS, OUTPUTS, export_decoder

POINTS = np.array([[120.0, 110.0], [60.0, 50.0]])
BOX = np.array([50.0, 60.0, 200.0, 180.0])


@pytest.fixture(scope="module", params=[False, True], ids=["all four", "single"])
def session(request, models, tmp_path_factory):
    file = tmp_path_factory.mktemp("onnx") / "decoder.onnx"
    export_decoder(models[0].network, file, return_single_mask=request.param)
    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])


def test_names_are_the_originals(session):
    assert [each.name for each in session.get_inputs()] == list(INPUTS)
    assert [each.name for each in session.get_outputs()] == list(OUTPUTS)


@pytest.mark.parametrize("hinted", [False, True])
@pytest.mark.parametrize(
    ("points", "labels", "box"),
    [(POINTS[:1], [1], None), (POINTS, [1, 0], None), (POINTS[:0], [], BOX), (POINTS, [1, 0], BOX)],
    ids=["a point", "two points", "a box", "both"],
)
def test_masks_are_the_predictors(session, predictors, image, points, labels, box, hinted):
    predictor = predictors[0]
    side = predictor.model.network.config.mask_size
    hint = np.random.default_rng(0).normal(0, 5, (1, side, side)).astype(np.float32)
    masks, iou, logits = session.run(None, {
        **as_the_original_asks(predictor, image, points, labels, box),
        "mask_input": hint[None],
        "has_mask_input": np.array([hinted], np.float32),
    })  # fmt: skip
    single = len(iou[0]) == 1
    several = len(points) + (2 if box is not None else 1) >= 3
    asked = {
        "point_coords": points if len(points) else None,
        "point_labels": np.array(labels) if len(points) else None,
        "box": box,
        "mask_input": hint if hinted else None,
        "return_logits": True,
    }
    expected = predictor.predict(**asked, multimask_output=not (single and several))
    if single and not several:
        best = expected[1].argmax()
        expected = tuple(each[best : best + 1] for each in expected)
    found = masks[0], iou[0], logits[0]
    if not single:
        found = tuple(each[1:] for each in found)
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, atol=2e-3)


def as_the_original_asks(predictor, image, points, labels, box) -> dict:
    """Corners are points of kinds 2 and 3; without a box, a padding point follows."""
    coords, kinds = points, list(labels)
    if box is not None:
        coords, kinds = np.concatenate([points, box.reshape(2, 2)]), [*labels, 2, 3]
    coords = predictor.transform.apply_coords(coords, image.shape[:2])
    if box is None:
        coords, kinds = np.concatenate([coords, [[0, 0]]]), [*kinds, -1]
    return {
        "image_embeddings": predictor.get_image_embedding().numpy(),
        "point_coords": coords[None].astype(np.float32),
        "point_labels": np.array([kinds], np.float32),
        "orig_im_size": np.array(image.shape[:2], np.float32),
    }
