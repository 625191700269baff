"""Photographs that come with matplotlib and scikit-image, and what is asked for in each.

The clicks, on the largest plain surface of the object, and the outlines, a few pixels exact, were
set by hand before any model had answered, and stay as they are: no prompt is picked for its answer.
The boxes follow from the outlines.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from jaxtyping import Bool, UInt8
from matplotlib.cbook import get_sample_data
from PIL import Image, ImageDraw

from sam_explore.geometry import Prompts


@dataclass(frozen=True)
class Photo:
    """A photograph and one object in it.

    Args:
        name: what is seen.
        image: gives the picture as RGB.
        click: x and y in pixels of the picture, on the object.
        outline: corners of the object, x and y in pixels of the picture.
    """

    name: str
    image: Callable[[], UInt8[np.ndarray, "height width 3"]]
    click: tuple[int, int]
    outline: tuple[tuple[int, int], ...]

    def truth(self, shape: tuple[int, ...]) -> Bool[np.ndarray, "height width"]:
        """The outlined object's pixels in a picture that begins with (height, width)."""
        mask = Image.new("1", (shape[1], shape[0]))
        ImageDraw.Draw(mask).polygon(self.outline, fill=1)
        return np.asarray(mask)

    def prompts(self, truth: Bool[np.ndarray, "height width"]) -> dict[str, Prompts]:
        """What is asked: the click, and the exact box of the outlined object's pixels."""
        rows, columns = truth.nonzero()
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        return {"click": Prompts(points=[self.click]), "box": Prompts(box=box)}


def as_rgb(picture: np.ndarray) -> UInt8[np.ndarray, "height width 3"]:
    """What `sx.encode` advises for a picture in grey."""
    return np.asarray(Image.fromarray(picture).convert("RGB"))


def of_matplotlib(file: str) -> Callable[[], UInt8[np.ndarray, "height width 3"]]:
    """Reads one of matplotlib's sample pictures."""
    return lambda: np.asarray(Image.open(get_sample_data(file)).convert("RGB"))


def of_skimage(name: str) -> Callable[[], UInt8[np.ndarray, "height width 3"]]:
    """Reads a picture that lies in scikit-image's wheel, the `photos` extra."""
    return lambda: as_rgb(getattr(import_module("skimage.data"), name)())


# fmt: off
PHOTOS = (
    Photo("admiral", of_matplotlib("grace_hopper.jpg"), (150, 430), (
        (263, 23), (220, 37), (180, 63), (175, 87), (157, 100), (152, 127), (155, 193), (160, 213),
        (163, 280), (197, 297), (201, 317), (180, 340), (133, 360), (63, 380), (43, 393), (30, 427),
        (23, 500), (13, 600), (512, 600), (512, 447), (493, 393), (453, 370), (373, 337),
        (337, 310), (340, 293), (360, 280), (363, 253), (373, 220), (375, 187), (369, 160),
        (371, 100), (353, 87), (347, 57), (307, 40))),
    Photo("astronaut", of_skimage("astronaut"), (130, 300), (
        (236, 16), (199, 23), (173, 46), (156, 63), (154, 85), (162, 111), (176, 131), (183, 149),
        (142, 154), (122, 182), (117, 210), (85, 233), (57, 262), (40, 301), (26, 341), (20, 398),
        (26, 455), (54, 509), (57, 512), (279, 512), (278, 483), (282, 444), (301, 398), (330, 370),
        (364, 348), (355, 307), (341, 267), (305, 236), (299, 210), (279, 185), (259, 173),
        (256, 159), (264, 137), (279, 131), (296, 108), (300, 85), (296, 57), (279, 31))),
    Photo("cameraman", of_skimage("camera"), (100, 250), (
        (0, 259), (26, 225), (51, 182), (63, 154), (85, 134), (128, 124), (151, 105), (162, 105),
        (162, 94), (182, 74), (210, 64), (245, 77), (267, 102), (271, 117), (264, 134), (253, 140),
        (254, 162), (245, 171), (245, 179), (238, 196), (242, 208), (243, 228), (249, 246),
        (263, 228), (273, 205), (284, 188), (319, 169), (331, 182), (331, 196), (319, 219),
        (301, 245), (304, 273), (284, 287), (247, 312), (225, 307), (208, 293), (171, 347),
        (141, 382), (149, 438), (151, 512), (139, 512), (122, 478), (101, 448), (97, 472),
        (91, 512), (0, 512))),
    Photo("cat", of_skimage("chelsea"), (230, 70), (
        (42, 0), (33, 70), (33, 110), (25, 150), (10, 180), (0, 190), (0, 300), (305, 300),
        (313, 260), (317, 225), (335, 190), (356, 160), (361, 120), (358, 76), (380, 38),
        (400, 0))),
    Photo("cup", of_skimage("coffee"), (290, 220), (
        (173, 100), (178, 72), (198, 45), (232, 26), (275, 18), (310, 18), (350, 27), (385, 50),
        (403, 78), (408, 105), (402, 160), (392, 200), (372, 232), (345, 258), (327, 268),
        (300, 284), (268, 284), (258, 278), (240, 300), (228, 307), (205, 302), (196, 285),
        (199, 265), (213, 240), (195, 208), (180, 170))),
    Photo("rocket", of_skimage("rocket"), (323, 300), (
        (322, 128), (316, 138), (312, 150), (312, 177), (314, 181), (314, 407), (332, 407),
        (332, 181), (334, 177), (334, 150), (329, 138))),
)
# fmt: on
