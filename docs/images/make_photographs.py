"""What a model answers on six photographs: docs/images/photographs.png, and the table next to it.

    python docs/images/make_photographs.py [--weights FILE] [--write docs/toy_model.md]

It needs the `photos` extra, for the pictures in scikit-image's wheel; nothing is downloaded.
"""

import argparse
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from palette import with_palette
from photos import PHOTOS, Photo
from PIL import Image

import sam_explore as sx
from sam_explore.loading import shipped_weights
from sam_explore.magic_wand import flood_fill
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.plots import raster, style
from sam_explore.toy.exam.baselines import fill_box
from sam_explore.toy.exam.tables import markdown, write_between_marks

PICTURE = Path(__file__).with_name("photographs.png")
TOLERANCE = 35  # of the flood fill, as chosen for the exam
WITHOUT_MODEL = {"click": "the flood fill", "box": "the filled box"}
GOOD = 0.75
MOST_KB = 700
ACROSS, PANEL_INCHES, TITLE_INCHES, DPI = 4, 3.0, 0.3, 100
_MASK_COLOURS = np.array(
    [(0, 0, 0, 0), style.rgba(style.MASK, style.MASK_OPACITY), style.rgba(style.MASK)], np.uint8
)


@dataclass(frozen=True, eq=False)
class Answer:
    """What came of one prompt on one photograph, and what needs no model for the same prompt."""

    photo: Photo
    image: UInt8[np.ndarray, "height width 3"]
    kind: str
    prediction: sx.Prediction
    true_iou: tuple[float, ...]
    without_model: float

    @property
    def chosen(self) -> int:
        return self.prediction.chosen

    @property
    def predicted(self) -> float:
        return float(self.prediction.iou[self.chosen])

    @property
    def mask(self) -> Bool[np.ndarray, "height width"]:
        return self.prediction.masks()[self.chosen]


def main(arguments: list[str] | None = None) -> None:
    options = read_arguments(arguments)
    sam = sx.load(options.weights)
    answers = [answer for photo in PHOTOS for answer in ask(sam, photo)]
    lines = report(answers, options.weights or shipped_weights())
    print("\n".join(lines))
    save(draw(answers), options.to)
    if options.write:
        write_between_marks(options.write, "photographs", lines)


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weights", type=Path, metavar="FILE", help="default: the shipped toy")
    parser.add_argument("--to", type=Path, default=PICTURE, help="the picture to write")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write between PAGE's marks")
    return parser.parse_args(arguments)


def ask(sam: Sam, photo: Photo) -> Iterable[Answer]:
    """A click and a box; each answer is compared with the outline at the picture's size."""
    image = photo.image()
    encoded, truth = sx.encode(sam, image), photo.truth(image.shape)
    for kind, prompts in photo.prompts(truth).items():
        prediction = sx.predict(sam, encoded, prompts)
        true_iou = tuple(mask_iou(mask, truth) for mask in prediction.masks())
        simple = (
            flood_fill(image, photo.click, TOLERANCE)
            if prompts.box is None
            else fill_box(tuple(prompts.box), truth.shape)
        )
        yield Answer(photo, image, kind, prediction, true_iou, mask_iou(simple, truth))


def report(answers: list[Answer], weights: Path) -> list[str]:
    """The table, what it comes to, and of which weights it is."""
    head = ["photograph", "prompt", "predicted IoU", "true IoU", "best of 3", "without a model"]
    rows = [[each.photo.name, each.kind, *figures(each)] for each in answers]
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()[:12]
    name = "the shipped weights" if weights == shipped_weights() else weights.name
    lines = markdown([head, *rows])
    for kind in WITHOUT_MODEL:
        lines += ["", summary(kind, [each for each in answers if each.kind == kind])]
    return [*lines, "", f"Measured with {name} (SHA-256 {digest})."]


def figures(answer: Answer) -> list[float]:
    best = max(answer.true_iou[1:])
    return [answer.predicted, answer.true_iou[answer.chosen], best, answer.without_model]


def summary(kind: str, answers: list[Answer]) -> str:
    """Which masks are good, and how many better than what needs no model."""
    found = [each.true_iou[each.chosen] for each in answers]
    simple = [each.without_model for each in answers]
    good = [each.photo.name for each, value in zip(answers, found, strict=True) if value >= GOOD]
    better = sum(one > other for one, other in zip(found, simple, strict=True))
    predicted = np.mean([each.predicted for each in answers])
    return (
        f"With a {kind}, {len(good)} of {len(answers)} chosen masks reach an IoU of {GOOD} "
        f"({', '.join(good) or 'none'}), and {better} are better than {WITHOUT_MODEL[kind]}. "
        f"Mean predicted IoU {predicted:.2f}, mean true IoU {np.mean(found):.2f}, of "
        f"{WITHOUT_MODEL[kind]} {np.mean(simple):.2f}."
    )


def draw(answers: list[Answer]) -> Image.Image:
    """Two panels a photograph, two photographs a row; a row is as high as the higher of them."""
    rows = [answers[start : start + ACROSS] for start in range(0, len(answers), ACROSS)]
    heights = [max(len(each.mask) / len(each.mask[0]) for each in row) for row in rows]
    size = ACROSS * PANEL_INCHES, sum(heights) * PANEL_INCHES + len(rows) * TITLE_INCHES
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    axes = figure.subplots(len(rows), ACROSS, squeeze=False, height_ratios=heights)
    for ax in axes.flat:
        ax.axis("off")
    for ax, answer in zip(axes.flat, answers, strict=False):
        draw_answer(ax, answer)
    file = io.BytesIO()
    FigureCanvasAgg(figure).print_png(file)
    return Image.open(file)


def draw_answer(ax: Axes, answer: Answer) -> None:
    """Photograph, chosen mask, the outline by hand as a dashed line, and the prompt."""
    height, width = answer.mask.shape
    edge = max(1, round(2 * max(height, width) / (PANEL_INCHES * DPI)))
    ax.imshow(answer.image)
    ax.imshow(_MASK_COLOURS[raster.inside_and_outline(answer.mask, edge)], interpolation="nearest")
    corners = np.array([*answer.photo.outline, answer.photo.outline[0]])
    ax.plot(*corners.T, color=style.SIGN, lw=1, ls=(0, (3, 3)))
    draw_prompts(ax, answer.prediction.prompts)
    true = answer.true_iou[answer.chosen]
    words = f"{answer.kind}: predicted {answer.predicted:.2f}, true {true:.2f}"
    ax.set_title(words, fontsize=10, color=style.INK)
    ax.set_anchor("N")
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))


def draw_prompts(ax: Axes, prompts: sx.Prompts) -> None:
    if prompts.box is not None:
        x0, y0, x1, y1 = prompts.box
        for colour, thickness in ((style.HALO, 3), (style.BOX, 1.6)):
            frame = Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, ec=colour, lw=thickness)
            ax.add_patch(frame)
    for x, y in prompts.points:
        ax.plot(x, y, "o", ms=10, mfc=style.FOREGROUND, mec=style.HALO)
        ax.plot(x, y, "+", ms=6, mec=style.SIGN, mew=1.6)


def save(picture: Image.Image, path: Path) -> None:
    few = with_palette(picture)
    few.save(path, optimize=True)
    kilobytes = path.stat().st_size / 1000
    print(f"{path}: {few.width} x {few.height} pixels, {kilobytes:.0f} kB")
    if kilobytes > MOST_KB:
        raise SystemExit(f"That is more than {MOST_KB} kB, too much for a page.")


if __name__ == "__main__":
    main()
