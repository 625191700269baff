"""The interface of `segment_anything` on this package's model.

Code that was written for it runs after its imports are changed:

    from sam_explore.compat import SamPredictor, sam_model_registry

    sam = sam_model_registry["vit_b"](checkpoint="sam_vit_b_01ec64.pth")
    predictor = SamPredictor(sam)
    predictor.set_image(image)
    masks, scores, logits = predictor.predict(point_coords, point_labels)

and from there to the insides in a line: `predictor.trace(point_coords, point_labels)`. What is
missing, such as the network's own modules, says so when it is asked for.

Source of names, arguments and defaults: https://github.com/facebookresearch/segment-anything
"""

from .automatic_mask_generator import SamAutomaticMaskGenerator
from .build_sam import (
    build_sam,
    build_sam_vit_b,
    build_sam_vit_h,
    build_sam_vit_l,
    sam_model_registry,
)
from .modeling import Sam
from .predictor import SamPredictor

__all__ = [
    "Sam",
    "SamAutomaticMaskGenerator",
    "SamPredictor",
    "build_sam",
    "build_sam_vit_b",
    "build_sam_vit_h",
    "build_sam_vit_l",
    "sam_model_registry",
]
