"""The traits that all views of a page share, and what each may be."""

import numpy as np
import traitlets

from ..geometry import Frame, Prompts
from ..images import as_picture
from ..model import Sam
from ..prediction import EncodedImage, Prediction
from ..preprocessing import Preprocessing
from ..probes.probe import threshold_knob
from ..tracing import Trace
from ..tracing.interventions import Intervention
from ..tracing.recording import find_hooks

THRESHOLD = threshold_knob().metadata["knob"]  # one bound for the session and what follows it


class State(traitlets.HasTraits):
    """What `Session` documents, checked whenever it is set; a refused value changes nothing."""

    sam = traitlets.Instance(Sam)
    image = traitlets.Any()
    preprocessing = traitlets.Any(Preprocessing())
    encoded = traitlets.Instance(EncodedImage, allow_none=True)
    prompts = traitlets.Instance(Prompts, args=())
    chosen = traitlets.Int(None, allow_none=True)
    threshold = traitlets.Float(0.0)
    token = traitlets.Tuple((0, 0))
    windows = traitlets.Tuple(None, allow_none=True)
    edits = traitlets.Tuple()
    prediction = traitlets.Instance(Prediction, allow_none=True)
    busy = traitlets.Unicode("")
    error = traitlets.Unicode("")

    @traitlets.validate("image")
    def _check_image(self, proposal: dict) -> np.ndarray:
        image = as_picture(proposal["value"]).copy()
        image.setflags(write=False)
        return image

    @property
    def frame(self) -> Frame:
        """How the picture lies in the model's input."""
        return self.preprocessing.frame(self.image.shape[:2], self.sam.config)

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the image tokens."""
        config = self.sam.config
        return (config.grid, config.grid) if self.image is None else self.frame.grid

    def plain_trace(self) -> Trace:
        """A run of the picture in the trained windows, without prompts and edits."""
        how = self.preprocessing
        size = {"side": how.side, "keep_aspect": how.keep_aspect}
        return Trace(self.sam, self.image, preprocessing=how.name, **size)

    @traitlets.validate("preprocessing")
    def _check_preprocessing(self, proposal: dict) -> Preprocessing:
        how = proposal["value"]
        how = how if isinstance(how, Preprocessing) else Preprocessing(how)
        how.check(self.sam.config)
        if self.image is not None:  # refuses what windows and edits can't do at that size
            self.unprompted.with_preprocessing(how.name, how.side, how.keep_aspect)
        return how

    @traitlets.validate("prompts")
    def _check_prompts(self, proposal: dict) -> Prompts:
        self.frame.check(proposal["value"])
        return proposal["value"]

    @traitlets.validate("chosen")
    def _check_chosen(self, proposal: dict) -> int | None:
        count, chosen = self.sam.config.mask_tokens, proposal["value"]
        if chosen is not None and not 0 <= chosen < count:
            raise ValueError(
                f"chosen must be a mask from 0 to {count - 1}, or None for the model's own choice, "
                f"not {chosen}."
            )
        return chosen

    @traitlets.validate("threshold")
    def _check_threshold(self, proposal: dict) -> float:
        low, high, threshold = THRESHOLD.low, THRESHOLD.high, proposal["value"]
        if not low <= threshold <= high:  # NaN neither
            raise ValueError(
                f"threshold must be a finite logit from {low:g} to {high:g}, not {threshold}."
            )
        return threshold

    @traitlets.validate("token")
    def _check_token(self, proposal: dict) -> tuple[int, int]:
        token = proposal["value"]
        rows, columns = self.grid
        if len(token) != 2 or not all(
            isinstance(place, int | np.integer) and 0 <= place < length
            for place, length in zip(token, (rows, columns), strict=True)
        ):
            raise ValueError(
                f"token must be a row from 0 to {rows - 1} and a column from 0 to {columns - 1}, "
                f"whole numbers, not {token}."
            )
        return int(token[0]), int(token[1])

    @traitlets.validate("windows")
    def _check_windows(self, proposal: dict) -> tuple[int, ...] | None:
        if proposal["value"] is not None:
            self.sam.config.check_windows(proposal["value"], grid=self.grid)
        return proposal["value"]

    @traitlets.validate("edits")
    def _check_edits(self, proposal: dict) -> tuple:
        for edit in proposal["value"]:
            if isinstance(edit, Intervention):
                self.plain_trace().with_interventions(edit)  # refuses what can't be done
                continue
            if not (isinstance(edit, tuple) and len(edit) == 2 and callable(edit[1])):
                raise ValueError(
                    "edits must be of sx.interventions, or pairs of a hook point's name and a "
                    'function, such as ("image_encoder.position_encoder.hook_encoding", sx.zero), '
                    f"not {edit!r}."
                )
            find_hooks(self.sam, edit[0])
        return proposal["value"]
