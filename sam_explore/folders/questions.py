"""What can be asked of each picture: a probe, the masks, or the embedding."""

import ast
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from sam_explore.fingerprints import NoContentError, fingerprint
from sam_explore.geometry import Prompts
from sam_explore.mask_formats import coco_rle
from sam_explore.model import Sam
from sam_explore.model.weight_digests import all_weights_of
from sam_explore.number_text import text
from sam_explore.prediction import EncodedImage, Prediction, encode, predict
from sam_explore.preprocessing import Preprocessing
from sam_explore.probes import PROBES, Probe
from sam_explore.readings import Curve, Gallery, Heatmap, Matrix, Panel, Profile, Reading
from sam_explore.tracing import Trace
from sam_explore.tracing.run_description import RunDescription

_AT_ONCE = 2**20  # pixels of a mask that are computed together
_PLACE = "sam_explore.folders"


@dataclass(frozen=True)
class Answer:
    """What is stored of one picture.

    Args:
        reading: the numbers.
        run: the fingerprint of the run.
        masks: masks of the picture's size, as COCO's compressed run lengths.
    """

    reading: Reading
    run: str
    masks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Masks:
    """The prediction of each picture: the chosen mask, and the scores of all masks.

    The reading is a Panel of two tables: predicted IoU, stability score and share of the picture,
    of the chosen mask and of each. The chosen mask itself goes in as run lengths.

    Args:
        threshold: the logit above which a pixel is inside.
        offset: how far the threshold is moved for the stability score.
    """

    threshold: float = 0.0
    offset: float = 1.0

    @property
    def code(self) -> str:
        """Python that creates this."""
        return f"{_PLACE}.{self!r}"

    def read(self, sam: Sam, encoded: EncodedImage, prompts: Prompts) -> tuple[Panel, tuple]:
        """The reading, and the chosen mask as run lengths."""
        prediction = predict(sam, encoded, prompts)
        inside, shares, stability = self._measured(prediction)
        scores = np.stack([prediction.iou, stability, shares], axis=1)
        chosen = prediction.chosen
        words = (
            f"Mask {chosen} is chosen, with a predicted IoU of {text(scores[chosen, 0])}; it "
            f"covers {text(100 * scores[chosen, 2])} % of the picture."
        )
        parts = (
            _table(scores[chosen : chosen + 1], ("chosen",), "The chosen mask"),
            _table(scores, tuple(map(str, range(len(scores)))), "Each mask"),
        )
        return Panel(parts, "Masks", words), (coco_rle(inside)["counts"],)

    def _measured(
        self, prediction: Prediction
    ) -> tuple[
        Bool[np.ndarray, "height width"], Float[np.ndarray, "mask"], Float[np.ndarray, "mask"]
    ]:
        """The chosen mask, and of each mask its share of the picture and its stability score.

        Some rows at a time: all logits of a large picture would take sixteen bytes a pixel.
        """
        height, width = prediction.frame.image_size
        inside = np.empty((height, width), bool)
        counts = np.zeros((3, len(prediction.iou)))
        step = max(1, _AT_ONCE // width)
        for top in range(0, height, step):
            rows = np.arange(top, min(top + step, height))
            logits = prediction.upscaled_at(rows, np.arange(width))
            inside[rows] = logits[prediction.chosen] > self.threshold
            for counted, more in zip(counts, (0, self.offset, -self.offset), strict=True):
                counted += np.count_nonzero(logits > self.threshold + more, axis=(1, 2))
        return inside, counts[0] / (height * width), counts[1] / np.maximum(counts[2], 1)


@dataclass(frozen=True)
class Embedding:
    """The embedding of each picture: its image tokens, which no prompt changes.

    Args:
        pooled: the mean over the tokens that lie on the picture, one number a channel; else the
            tokens themselves as maps, one a channel, padding included.
    """

    pooled: bool = True

    @property
    def code(self) -> str:
        """Python that creates this."""
        return f"{_PLACE}.{self!r}"

    def read(
        self, sam: Sam, encoded: EncodedImage, prompts: Prompts
    ) -> tuple[Profile | Gallery, tuple]:
        """The reading, and no mask."""
        tokens = encoded.tokens[0].cpu().numpy()
        if not self.pooled:
            maps = tuple(
                Heatmap(each, f"channel {number}", "", frame="tokens")
                for number, each in enumerate(tokens)
            )
            return Gallery(maps, "Image tokens", f"{len(maps)} channels."), ()
        rows, columns = np.ceil(encoded.frame.cells_shown()).astype(int)
        means = tokens[:, :rows, :columns].astype(float).mean(axis=(1, 2))
        norm = text(float(np.linalg.norm(means)))
        reading = Profile(
            np.arange(len(means), dtype=float),
            (Curve(means, "mean over the tokens"),),
            title="Embedding",
            words=f"The mean over the tokens has {len(means)} channels and the norm {norm}.",
            x_name="channel",
            y_name="mean over the tokens",
        )
        return reading, ()


Question = Probe | Masks | Embedding
_BY_NAME: dict[str, type[Question]] = {"masks": Masks, "embedding": Embedding}
_BY_NAME |= {kind.__name__: kind for kind in (*PROBES, Masks, Embedding)}


def question_of(given: object) -> Question:
    """The question that is meant.

    Args:
        given: a probe, `Masks()` or `Embedding()`; or text, such as "masks", "embedding" or
            "BlockNorms(shared=False)".

    Raises:
        TypeError, ValueError: something else, an unknown name, or a probe that compares with
            another run or can't be known by its content.
    """
    question = _parsed(given) if isinstance(given, str) else given
    if isinstance(question, type) and issubclass(question, Question):
        question = question()
    if not isinstance(question, Question):
        raise TypeError(
            'The question must be a probe such as sx.probes.BlockNorms(), "masks" or "embedding", '
            f"but is {given!r:.80}."
        )
    for each in fields(question):
        if isinstance(getattr(question, each.name), Trace):
            raise TypeError(
                f"{each.name} of {question.code} is a run on one picture, which can't be compared "
                "with thousands. Ask a probe about one run."
            )
    return question


def known_question(question: Question) -> str:
    """A fingerprint of the question's content, the same in every process."""
    try:
        return fingerprint(question)
    except NoContentError as error:
        raise TypeError(
            f"{question.code} can't be known by its content: {error} Write it as a frozen "
            "dataclass of data, so that its results can be found again."
        ) from error


def ask(
    question: Question,
    sam: Sam,
    image: np.ndarray,
    prompts: Prompts,
    how: Preprocessing,
    cache_bytes: int,
) -> Answer:
    """The answer for one picture. Raises what the probe or the model raises."""
    settings: Any = {"preprocessing": how.name, "side": how.side, "keep_aspect": how.keep_aspect}
    if isinstance(question, Probe):
        trace = Trace(sam, image, prompts, cache_bytes=cache_bytes, **settings)
        return Answer(question(trace), trace.description.fingerprint)
    encoded = encode(sam, image, **settings)
    run = RunDescription(
        sam.config,
        all_weights_of(sam).fingerprint,
        fingerprint(image),
        encoded.frame.image_size,
        how,
        prompts,
        sam.config.windows,
        "interpolate",
    )
    reading, masks = question.read(sam, encoded, prompts)
    return Answer(reading, run.fingerprint, masks)


def _table(values: np.ndarray, rows: tuple[str, ...], title: str) -> Matrix:
    columns = ("predicted IoU", "stability score", "share of the picture")
    return Matrix(values, rows, columns, title, "", row_name="mask", column_name="")


def _parsed(written: str) -> Question:
    """The question in a text such as "AttentionRow(block=5)"; nothing in it is run."""
    try:
        tree = ast.parse(written.strip(), mode="eval").body
        call = tree if isinstance(tree, ast.Call) else ast.Call(tree, [], [])
        name = ast.unparse(call.func).rpartition(".")[2]
        knobs = {each.arg: ast.literal_eval(each.value) for each in call.keywords if each.arg}
        if call.args or len(knobs) != len(call.keywords):
            raise ValueError("knobs are given by name")
    except (SyntaxError, ValueError) as error:
        raise ValueError(
            f"Expected a question such as masks, embedding or BlockNorms(shared=False), but got "
            f"{written!r:.80}: {error}."
        ) from error
    if name not in _BY_NAME:
        close = get_close_matches(name, _BY_NAME, n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise ValueError(f"No question is named {name}{hint}")
    try:
        return _BY_NAME[name](**knobs)
    except TypeError as error:
        names = ", ".join(each.name for each in fields(_BY_NAME[name])) or "none"
        raise ValueError(f"{name} has other knobs ({names}): {error}.") from error
