"""Trace: one run of the model, from which any tensor can be read and other runs be derived."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from sam_explore.fingerprints import fingerprint, has_content
from sam_explore.geometry import Frame, Prompts
from sam_explore.images import Picture, as_picture
from sam_explore.model import DecoderTokens, Sam, SamConfig
from sam_explore.model.addresses import EVERY, in_block
from sam_explore.model.description import ANSWER, PROJECT
from sam_explore.prediction import EncodedImage, Prediction, check_model, prediction_from
from sam_explore.preprocessing import Preprocessing, Side

from .editing import Edit, Intervention
from .engine import Engine
from .listing import list_hooks
from .plan import Plan
from .recording import Reduction, find_hooks
from .run_description import Change, RunDescription

DEFAULT_CACHE_BYTES = 2 * 2**30


@dataclass(frozen=True, eq=False)
class Trace:
    """One run on one picture with one prompt set; immutable and lazy.

        trace = sx.Trace(sam, image, sx.Prompts(points=[(120, 80)]))
        trace["image_encoder.vit.blocks.3.attention.hook_pattern"]
        trace.with_edit("image_encoder.position_encoder.hook_encoding", sx.zero).prediction

    The run is a chain of steps: embedding, each block, channel projection, prompts, then the
    decoder's input, each of its layers, its last attention and its masks; see
    `sam.description.chain`. The results of steps are cached; tensors inside a step are recomputed
    on demand from the step before. Derived traces share every result that their difference can't
    reach. All compute attention in a form that hooks do not change, so that an identity edit
    changes nothing, exactly.

    Args:
        sam: the model.
        image: as in `encode`; here it is RGB from 0 to 255 afterwards.
        prompts: one prompt set, in pixels of the picture.
        windows: each block's window in tokens, 0 for global; the trained ones if None.
        relative_positions: "interpolate" or "crop" for tables of another size; see `with_windows`.
        preprocessing, side, keep_aspect: as in `encode`.
        cache_bytes: the most memory that results of this and all derived traces may keep alive.
            Those of the prompt encoder and the mask decoder are kept for the latest 16 prompt sets.
        interventions: what is changed, as `with_interventions` and `with_edit` add it.
        engine: runs the steps; derived traces share it.

    Copies share everything. It can't be pickled; its `description` can.
    """

    if TYPE_CHECKING:
        # The types after construction; the fields below show what may be passed in.
        sam: Sam
        image: np.ndarray
        prompts: Prompts
        windows: tuple[int, ...]
        relative_positions: str
        preprocessing: str
        side: Side
        keep_aspect: bool
        cache_bytes: int
        interventions: tuple[tuple[str, Edit] | Intervention, ...]
        engine: Engine

        def __init__(
            self,
            sam: Sam,
            image: Picture,
            prompts: Prompts = ...,
            windows: Sequence[int] | None = ...,
            relative_positions: str = ...,
            preprocessing: str = ...,
            side: Side = ...,
            keep_aspect: bool = ...,
            cache_bytes: int = ...,
            interventions: tuple[tuple[str, Edit] | Intervention, ...] = ...,
            engine: Engine | None = ...,
        ) -> None: ...
    else:
        sam: Sam = field(repr=False)
        image: Picture = field(repr=False)
        prompts: Prompts = field(default_factory=Prompts)
        windows: tuple[int, ...] | None = None
        relative_positions: str = "interpolate"
        preprocessing: str = "original"
        side: Side = None
        keep_aspect: bool = False
        cache_bytes: int = DEFAULT_CACHE_BYTES
        interventions: tuple[tuple[str, Edit] | Intervention, ...] = field(default=(), repr=False)
        engine: Engine | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.engine is None or self.engine.sam is not self.sam:
            check_model(self.sam, "sx.Trace(sam, image, prompts)")
        if not isinstance(self.prompts, Prompts):
            raise TypeError(
                "prompts must be sx.Prompts(points=[(x, y)], labels=[1]), one set for a run, but "
                f"is {self.prompts!r:.80}."
            )
        object.__setattr__(self, "interventions", _checked_interventions(self.interventions))
        how = Preprocessing(self.preprocessing, self.side, self.keep_aspect)
        given = self.sam, as_picture(self.image), how, self.cache_bytes
        # dataclasses.replace passes the engine on even with another picture or model.
        object.__setattr__(self, "engine", Engine.of(*given, known=self.engine))
        object.__setattr__(self, "image", self.engine.given.image)
        windows = self.sam.config.windows if self.windows is None else tuple(self.windows)
        self.sam.config.check_windows(windows, self.relative_positions, self.frame.grid)
        object.__setattr__(self, "windows", windows)
        self.frame.check(self.prompts)
        self.plan  # noqa: B018  raises errors right away

    def __repr__(self) -> str:
        count = len(self.interventions)
        changed = f", {count} change{'s' * (count > 1)}" if count else ""
        if self.windows != self.sam.config.windows:
            changed += f", windows={self.windows}"
        (height, width), (rows, columns) = self.frame.image_size, self.frame.grid
        return (
            f"Trace({self.sam.config.name}, picture {width} wide and {height} high, "
            f"{rows} x {columns} tokens, {self.prompts!r}{changed})"
        )

    def __getitem__(self, name: str) -> Tensor:
        """The tensor at a hook point; see `list_hooks` for the names. It must not be changed."""
        return self.read([name])[name]

    def read(self, names: str | Iterable[str], reduce: Reduction | None = None) -> dict[str, Any]:
        """Tensors at several hook points, by names or patterns as in `record`.

        Tensors inside one step come from a single run of it. Reduced values are not cached.

        Raises ValueError for an unknown name, or one that this run's prompts don't reach.
        """
        return self.engine.read(self.plan, names, reduce)

    @property
    def frame(self) -> Frame:
        """Where the picture is in the model's input."""
        return self.engine.given.frame

    @property
    def pixels(self) -> Float[Tensor, "3 height width"]:
        """The model's input: the picture scaled, normalised, and padded. It must not be changed."""
        return self.engine.given.pixels

    @property
    def input_colours(self) -> UInt8[np.ndarray, "height width 3"]:
        """The model's input as a picture again, from 0 to 255, padding included."""
        given = self.engine.given
        return given.preprocessing.colours(given.pixels, self.sam.config)

    @property
    def small_grey(self) -> UInt8[np.ndarray, "height width"]:
        """The picture's brightness, at most 512 pixels along a side; the same array each time."""
        return self.engine.given.small_grey

    @property
    def config(self) -> SamConfig:
        """The model's sizes with this run's grid, which bounds of knobs depend on.

        A grid that is not square counts by its longer side.
        """
        return replace(self.sam.config, image_size=max(self.frame.side))

    @property
    def decoder_tokens(self) -> DecoderTokens:
        """Which tokens the decoder has in this run, by name and number."""
        return self.sam.description.decoder_tokens(self.prompts)

    def attended(self, block: int) -> tuple[int, int]:
        """Rows and columns of what a block attends to at once: its window, or the whole grid."""
        return self.plan.run.attended(block)

    @cached_property
    def description(self) -> RunDescription:
        """This run as plain data, which can be pickled and compared."""
        engine = self.engine
        given = engine.given
        return RunDescription(
            engine.config,
            engine.weights.fingerprint,
            given.fingerprint,
            self.frame.image_size,
            given.preprocessing,
            self.prompts,
            self.windows,
            self.relative_positions,
            tuple(map(_change, self.interventions)),
        )

    @cached_property
    def plan(self) -> Plan:
        """The run's plan for the engine, with the edits of its interventions."""
        settings = self.prompts, self.windows, self.relative_positions
        return self.engine.plan(*settings, self.interventions)

    @property
    def encoded(self) -> EncodedImage:
        """The encoded picture of this run."""
        tokens = self.engine.output(self.plan, PROJECT)
        return EncodedImage(tokens, self.frame, self.engine.encoder_weights, self.engine.config)

    @property
    def prediction(self) -> Prediction:
        """The four masks of this run."""
        known = self.__dict__.get("_prediction")
        if known is not None:
            self.engine.refuse_changed_weights()
            return known
        logits, iou = self.engine.output(self.plan, ANSWER)
        found = prediction_from(logits[0], iou[0], self.prompts, self.frame)
        return self.__dict__.setdefault("_prediction", found)

    @property
    def edits(self) -> tuple[str, ...]:
        """Names of the edited hook points, in the order of the edits."""
        return tuple(name for name, _ in self.plan.edits)

    def estimate_bytes(
        self, names: str | Iterable[str] = in_block(EVERY, "hook_residual_pre")
    ) -> int:
        """Memory of the tensors at some hook points in fp32; by default, of every block's input.

        Those are most of what a whole run caches. It also caches the last block's output, the image
        tokens, the prompt tokens, the logits and the predicted IoU; and, on the CPU, what the
        decoder's fast form caches for the image tokens, two or three times their
        size. Where the decoder is edited or read, tokens and image after its layers are cached too.
        """
        wanted = {hook.name for hook in find_hooks(self.sam, names)}
        hooks = list_hooks(self.sam, input_size=self.frame.side)
        return sum(info.bytes for info in hooks if info.name in wanted)

    @property
    def reference(self) -> "Trace":
        """The same picture and prompts without edits, in the trained windows."""
        return replace(self.with_windows(None), interventions=())

    def with_prompts(self, prompts: Prompts) -> "Trace":
        """The same run with other prompts; it shares the image encoder's results."""
        return replace(self, prompts=prompts)

    def with_edit(self, name: str, fn: Edit) -> "Trace":
        """The same run with one tensor changed, or several by a pattern, on top of earlier edits.

        `fn(tensor, hook)` returns the replacement, which must depend on its arguments only.
        Everything before the edit is shared. Results are shared between traces with the same
        function object, so define it once.

        Raises:
            ValueError: a name without a match.
            TypeError: a function that can't be hashed.
        """
        return replace(self, interventions=(*self.interventions, (name, fn)))

    def with_interventions(self, *interventions: Intervention) -> "Trace":
        """The same run with ready-made edits, which act in this order; see `sx.interventions`.

            trace.with_interventions(sx.interventions.AblateHead(block=5, head=2))

        Their edits are made again when prompts or windows change. Results are shared between traces
        with equal interventions.

        Raises:
            TypeError: something else than interventions, such as a list of them.
            ValueError: a block, a head or a token that the model doesn't have.
        """
        for each in interventions:
            if not isinstance(each, Intervention):
                star = "Put a star before a list: trace.with_interventions(*changes)."
                advice = star if isinstance(each, list | tuple) else "See sx.interventions."
                raise TypeError(
                    "with_interventions takes interventions one after the other, but got "
                    f"{each!r:.80}. {advice}"
                )
        return replace(self, interventions=self.interventions + interventions)

    def with_windows(
        self, windows: Sequence[int] | None, relative_positions: str = "interpolate"
    ) -> "Trace":
        """The same run with other windows; blocks before the first change are shared.

        Args:
            windows: one a block in tokens, 0 for global; None for the trained ones.
            relative_positions: what happens to the tables of relative positions where the window is
                not the trained one. "interpolate" stretches them, as the reference does, which is
                a change of its own: a distance gets another one's vector. "crop" keeps each
                distance's own vector.

        Raises:
            ValueError: not one window a block, or a table cropped to more than it holds.
        """
        windows = self.sam.config.windows if windows is None else tuple(windows)
        return replace(self, windows=windows, relative_positions=relative_positions)

    def with_preprocessing(
        self, preprocessing: str = "original", side: Side = None, keep_aspect: bool = False
    ) -> "Trace":
        """The same picture with another preprocessing; nothing is shared.

            trace.with_preprocessing("stretch", side=512, keep_aspect=True)

        Edits and windows stay, and so do prompts, which are in pixels of the picture.

        Args:
            preprocessing, side, keep_aspect: as in `encode`.

        Raises:
            ValueError: a size that the model can't have; or a mask hint, an intervention or tables
                to crop that don't fit the size.
        """
        return replace(self, preprocessing=preprocessing, side=side, keep_aspect=keep_aspect)

    def __copy__(self) -> "Trace":
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        return copy

    def __deepcopy__(self, memo: dict) -> "Trace":
        return self  # it is immutable, and a copy of the model would be another run's

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A trace can't be pickled, since it holds its model and what that has computed. Pickle "
            "trace.description, or the model's file, the picture and the prompts, and make the "
            "trace where it is needed: sx.Trace(sam, image, prompts)."
        )


def _checked_interventions(interventions: Iterable[tuple[str, Edit] | Intervention]) -> tuple:
    if isinstance(interventions, Intervention):
        raise TypeError(
            "interventions must be a tuple, but is a single one. Write "
            f"interventions=({interventions!r},)."
        )
    for each in interventions:
        if not (isinstance(each, Intervention) or (isinstance(each, tuple) and len(each) == 2)):
            raise TypeError(
                "interventions must hold those of sx.interventions, or pairs of a hook point's "
                f"name and a function, but holds {each!r:.80}."
            )
    return tuple(interventions)


def _change(change: tuple[str, Edit] | Intervention) -> Change:
    """An intervention, or an edit of a hook point, as data."""
    if isinstance(change, Intervention):
        return Change(repr(change), change.fingerprint, change.is_portable)
    name, fn = change
    words = f"{name}: {getattr(fn, '__qualname__', None) or repr(fn):.80}"
    return Change(words, fingerprint(change, within_process=True), has_content(change))
