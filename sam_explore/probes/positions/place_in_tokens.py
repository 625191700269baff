"""How much of a token depends on its place alone, and can its place be read off it?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from sam_explore.geometry import Prompts
from sam_explore.model import SamConfig
from sam_explore.model.addresses import IMAGE_TOKENS, PATCH_TOKENS, in_block
from sam_explore.number_text import text
from sam_explore.readings import Heatmap, Panel, Profile, Scale
from sam_explore.tracing import Trace, announce

from ..common.asked_objects import asked_objects
from ..common.attention import token_in_words
from ..common.intervals import band, interval_in_words
from ..common.numbers import counted
from ..common.place_readout import LearnedPlaces, Measured, PlaceSums, chance_error
from ..common.probe import Probe, knob, token_knob
from ..common.target_knobs import capitalised


class Places(NamedTuple):
    """What scenes say of places, by stage.

    Args:
        learned: from half of the scenes.
        measured: in each of the others.
        own: what those others say at one stage.
    """

    learned: list[LearnedPlaces]
    measured: list[list[Measured]]
    own: LearnedPlaces

    def values(self, name: str) -> Float[np.ndarray, "scene stage"]:
        """A number of `Measured` in each scene at each stage."""
        return np.array([[getattr(each, name) for each in scene] for scene in self.measured])


@dataclass(frozen=True)
class PlaceInTokens(Probe):
    """The mean token of each place over many scenes, and a linear read-out of the place, by stage.

    What is left of the tokens of a place in the mean over scenes is the part that depends on place
    alone. Some of it would be there without any position encoding: a sky is mostly above, and a
    border is a border. That is the stage "patches", before positions are added. The share of the
    variance is measured on scenes other than those of the mean, so chance alone gives 0.

    The read-out is a weighted sum of channels for the row and one for the column, learned from the
    same half of the scenes and tested on the other. As a control it is learned again with the
    places of each scene shuffled. Of the run, the model, its windows, preprocessing and edits are
    used, and not its picture.

    Bands are 95 % intervals of the mean over the scenes tested, by the bootstrap.

    Reads: image_encoder.patch_embedding.hook_out,
        image_encoder.vit.blocks.*.hook_residual_pre of block 0,
        image_encoder.vit.blocks.*.hook_residual_post and
        image_encoder.channel_projection.hook_out, of drawn scenes.
    Returns: a Panel of two Profiles over the stages, the share of the variance and R² of the
        read-out, each with its control; and three Heatmaps (row, column) at one stage: the size of
        the part that depends on place, its cosine with that of the picked place in other scenes,
        and the read-out's error.
    Unit: shares; R², 1 for a perfect read-out; standard deviations of a token; cosines; tokens.
    Source: content and position in ViTs, as in arXiv 2401.02957; the read-out is our own.
    """

    title = "How much of a token is its place?"
    reads_prompts = False
    about_picture = False
    runs_encoder = True
    is_sweep = True

    scenes: int = knob(6, "scenes", low=2, high=16, matters=True)
    stage: int = knob(
        1,
        "maps of the stage",
        low=0,
        high=lambda run: run.config.encoder_depth + 2,
        names=lambda run: tuple(enumerate(stages(run.config))),
        matters=True,
    )
    token: tuple[int, int] = token_knob()

    def coarser(self, trace: Trace) -> tuple["PlaceInTokens", ...]:
        return (replace(self, scenes=2),) if self.scenes > 2 else ()

    def read(self, trace: Trace) -> Panel:
        names = stages(trace.sam.config)
        pictures = (each.image for each in asked_objects())
        found = places_in(trace, pictures, self.scenes, self.stage)
        name = tuple(names)[self.stage]
        words = _words(found, tuple(names), self.stage)
        return Panel(
            (*_charts(found, tuple(names), words), *self._maps(trace, found, name, words)),
            title=f"Place in the tokens of {self.scenes} scenes",
            words=words,
            across=2,
        )

    def _maps(self, trace: Trace, found: Places, name: str, words: str) -> Iterator[Heatmap]:
        learned = found.learned[self.stage]
        sizes = np.linalg.norm(learned.part, axis=-1)
        errors = np.mean([scene[self.stage].errors for scene in found.measured], axis=0)
        at = token_in_words(self.token)
        alike = likeness(learned.part, found.own.part, self.token)
        cosine = Scale("cosine", centre=0.0, low=-1.0, high=1.0)
        sizes = sizes / (learned.spread or 1.0)
        maps = (
            ("Size of the place's part", sizes, Scale("deviations", low=0.0)),
            (f"Its likeness to that of {at}", alike, cosine),
            ("Error of the read-out", errors, Scale("tokens", low=0.0)),
        )
        for title, values, scale in maps:
            yield Heatmap(
                values,
                title=f"{title}, {name}",
                words=words,
                scale=scale,
                # A scene is square, and its grid need not be that of the run's picture.
                frame="tokens" if values.shape == trace.frame.grid else "",
                marks=(self.token,) if title.startswith("Its") else (),
            )


def stages(config: SamConfig) -> dict[str, str]:
    """Hook points from the first tokens to the image tokens, by a short name."""
    after = {f"block {n}": in_block(n, "hook_residual_post") for n in range(config.encoder_depth)}
    before = {"patches": PATCH_TOKENS, "positions added": in_block(0, "hook_residual_pre")}
    return before | after | {"image tokens": IMAGE_TOKENS}


def places_in(
    trace: Trace,
    pictures: Iterable[UInt8[np.ndarray, "height width 3"]],
    count: int,
    stage: int = 0,
) -> Places:
    """What the tokens of some pictures hold of their place; learned from the first half.

    Args:
        trace: the run whose model, windows, preprocessing and edits are used.
        pictures: of which the first `count` are taken.
        count: two or more.
        stage: of which the scenes that were not learned from also say something by themselves.
    """
    names = stages(trace.sam.config).values()
    learning, own = [PlaceSums() for _ in names], PlaceSums()
    learned: list[LearnedPlaces] = []
    measured: list[list[Measured]] = []
    chance, half = np.random.default_rng(1), (count + 1) // 2
    for number, picture in enumerate(islice(pictures, count)):
        announce(f"Scene {number + 1} of {count}")
        tokens = _tokens(replace(trace, image=picture, prompts=Prompts()), names)
        if number < half:
            for each, found in zip(learning, tokens, strict=True):
                each.add(found)
            continue
        own.add(tokens[stage])
        learned = learned or [each.learned() for each in learning]
        order = chance.permutation(tokens[0].shape[0] * tokens[0].shape[1])
        pairs = zip(learned, tokens, strict=True)
        measured.append([each.measure(found, order) for each, found in pairs])
    return Places(learned, measured, own.learned())


def likeness(
    part: Float[np.ndarray, "row column channel"],
    other: Float[np.ndarray, "row column channel"],
    token: tuple[int, int],
) -> Float[np.ndarray, "row column"]:
    """The cosine of each place's part with that of one place in other scenes; NaN without one."""
    sizes = np.linalg.norm(part, axis=-1) * np.linalg.norm(other[token])
    products = part @ other[token]
    return np.divide(products, sizes, out=np.full(sizes.shape, np.nan), where=sizes > 0)


def _tokens(trace: Trace, names: Iterable[str]) -> list[Float[np.ndarray, "row column channel"]]:
    """The tokens of all stages, in single precision: of ViT-H they are 700 MB."""
    found = trace.read(list(names))
    return [
        (tokens[0].permute(1, 2, 0) if name == IMAGE_TOKENS else tokens[0]).float().cpu().numpy()
        for name, tokens in found.items()
    ]


def _charts(found: Places, names: tuple[str, ...], words: str) -> Iterator[Profile]:
    kinds = (
        ("share", "share", "Share of the tokens' variance due to place"),
        ("readout", "R²", "The place, read off a token"),
    )
    for name, y_name, title in kinds:
        measured, control = found.values(name), found.values(f"{name}_shuffled")
        yield Profile(
            np.arange(float(len(names))),
            (band(measured, "measured"), band(control, "with shuffled places")),
            title=title,
            words=words,
            x_name="stage",
            y_name=y_name,
            x_labels=names,
            y_reach=(0.0, 1.0),
        )


def _words(found: Places, names: tuple[str, ...], stage: int) -> str:
    shares, readouts = found.values("share"), found.values("readout")
    grid = found.learned[0].by_place.shape[:2]
    errors = np.array([[each.errors.mean() for each in scene] for scene in found.measured])
    stages = dict.fromkeys((0, 1, stage, len(names) - 1))
    told = "; ".join(
        f"{names[at]}: {interval_in_words(readouts[:, at])}, off by "
        f"{text(float(errors[:, at].mean()))} tokens"
        for at in stages
    )
    alone = "; ".join(f"{names[at]}: {interval_in_words(100 * shares[:, at])} %" for at in stages)
    return (
        f"R² of a linear read-out that tells where a token lies, in "
        f"{counted(len(shares), 'scene')} that it did not learn from. "
        f"{capitalised(told)}. Always saying the middle is off by {text(chance_error(grid))} "
        f"tokens; learned with shuffled places, R² is at most "
        f"{text(float(found.values('readout_shuffled').mean(axis=0).max()))}. Place alone makes up "
        f"this much of the variance: {alone}."
    )
