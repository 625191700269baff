"""What traces made from one another have in common: the model's input, and known results."""

from dataclasses import dataclass
from operator import is_not

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from sam_explore.geometry import Frame
from sam_explore.model import Sam
from sam_explore.prediction import preprocess

from .guards import versions_of
from .store import Store


@dataclass(frozen=True, eq=False)
class Family:
    """The input that all traces of a family start from, and the results that they share.

    Args:
        origin: the model, the picture, the preprocessing and the bytes of the cache.
        pixels: the picture as it goes into the image encoder.
        frame: how the picture lies in there.
        store: what the traces have computed.
        versions: the state of the model's weights when the first trace was made.
    """

    origin: tuple[Sam, np.ndarray, str, int]
    pixels: Float[Tensor, "3 side side"]
    frame: Frame
    store: Store
    versions: tuple

    @staticmethod
    def of(
        sam: Sam,
        image: UInt8[np.ndarray, "height width 3"],
        preprocessing: str,
        cache_bytes: int,
        known: "Family | None",
    ) -> "Family":
        """The known family if it has the very same origin, else a new one.

        dataclasses.replace passes a trace's family on, even with another picture or model.
        """
        origin = (sam, image, preprocessing, cache_bytes)
        if known is not None and not any(map(is_not, origin, known.origin)):
            return known
        pixels, frame = preprocess(image, sam.config, preprocessing)
        return Family(origin, pixels, frame, Store(cache_bytes), versions_of(sam))
