"""What traces made from one another have in common: the model's input, and known results."""

from dataclasses import dataclass
from operator import is_not

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from sam_explore.geometry import Frame
from sam_explore.model import Sam
from sam_explore.preprocessing import Preprocessing

from .guards import versions_of
from .store import Store


@dataclass(frozen=True, eq=False)
class Family:
    """The input that all traces of a family start from, and the results that they share.

    Args:
        origin: the model, the picture and the bytes of the cache.
        preprocessing: how the picture becomes the model's input.
        pixels: the picture as it goes into the image encoder.
        frame: how the picture lies in there.
        store: what the traces have computed.
        versions: the state of the model's weights when the first trace was made.
    """

    origin: tuple[Sam, np.ndarray, int]
    preprocessing: Preprocessing
    pixels: Float[Tensor, "3 input_height input_width"]
    frame: Frame
    store: Store
    versions: tuple

    @staticmethod
    def of(
        sam: Sam,
        image: UInt8[np.ndarray, "height width 3"],
        preprocessing: Preprocessing,
        cache_bytes: int,
        known: "Family | None",
    ) -> "Family":
        """The known family if it has the very same origin, else a new one.

        dataclasses.replace passes a trace's family on, even with another picture or model.
        """
        origin = (sam, image, cache_bytes)
        if known is not None and known._starts_from(origin, preprocessing):
            return known
        pixels, frame = preprocessing(image, sam.config)
        store = Store(cache_bytes)
        return Family(origin, preprocessing, pixels, frame, store, versions_of(sam))

    def _starts_from(self, origin: tuple, preprocessing: Preprocessing) -> bool:
        return preprocessing == self.preprocessing and not any(map(is_not, origin, self.origin))
