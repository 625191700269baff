"""The picture of a run: the user's own pixels, and the input of the image encoder."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from sam_explore.fingerprints import fingerprint
from sam_explore.geometry import Frame
from sam_explore.images import small_grey
from sam_explore.model import SamConfig
from sam_explore.preprocessing import Preprocessing


@dataclass(frozen=True, eq=False)
class GivenPicture:
    """A picture and the model's input made from it.

    Args:
        image: the picture, read-only.
        preprocessing: how it becomes the model's input.
        pixels: that input.
        frame: where the picture is in there.
    """

    image: UInt8[np.ndarray, "height width 3"]
    preprocessing: Preprocessing
    pixels: Float[Tensor, "3 input_height input_width"]
    frame: Frame

    @staticmethod
    def of(
        image: UInt8[np.ndarray, "height width 3"],
        preprocessing: Preprocessing,
        config: SamConfig,
    ) -> "GivenPicture":
        """The picture, copied if it is writeable, and the model's input.

        Raises ValueError as `Preprocessing` does.
        """
        if image.flags.writeable or not image.flags.owndata:
            image = np.array(image)
            image.setflags(write=False)
        return GivenPicture(image, preprocessing, *preprocessing(image, config))

    @cached_property
    def fingerprint(self) -> str:
        """Of the picture's pixels, whatever the preprocessing."""
        return fingerprint(self.image)

    @cached_property
    def small_grey(self) -> UInt8[np.ndarray, "height width"]:
        """The brightness of the picture, at most 512 pixels along a side. Read-only.

        Always the same array, so that views can see that they have drawn it already.
        """
        return small_grey(self.image)

    @property
    def nbytes(self) -> int:
        """Memory of the picture and of the input."""
        return self.image.nbytes + self.pixels.nbytes
