"""On which way does a prompt reach its mask?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

from sam_explore.model import HookPoint
from sam_explore.number_text import text
from sam_explore.origins import Operation
from sam_explore.prediction import Prediction
from sam_explore.readings import Cell, Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import Trace, announce, answers, decoder_stages

from ..common.attention import token_in_words
from ..common.clicks import moved_to, with_a_prompt
from ..common.logits import logit_scale, logits_in_words
from ..common.origins import of_logit
from ..common.probe import Probe, mask_knob, mask_shown, threshold_knob, token_knob
from ..common.projections import share_of_the_way
from ..common.truth import ComparedWithTruth

PROMPT, IMAGE, MASK, OTHERS = "the prompt's token", "the image", "the mask's token", "other tokens"
PARTS = (PROMPT, IMAGE, MASK, OTHERS)


@dataclass(frozen=True)
class PromptPath(ComparedWithTruth, Probe):
    """The path from one prompt to one mask, by patching in what another prompt has made.

    The same run is done again with the prompt at the picked token: the first click moved there, or
    without clicks the box. Then, stage by stage, one part of this run's decoder is replaced by that
    of the other: the prompt's own token, the image, the mask's token, or all other tokens. How far
    the mask's logits then go from this run's to the other's is how much of what tells the two
    prompts apart has passed there at that stage: 0 is not at all, 1 wholly. Shares need not add up
    to 1, and can leave that range. A share of less than a millionth is rounding, and given as 0.

    Before the layers all is in the prompt's token, since nothing else has read it; at the end, in
    the mask's token and in the image, which make the mask. Later patches of the prompt's token
    leave what is added to it in each attention, its first value.

    Given a truth, the true IoU of the run's mask is said next to the predicted one.

    Reads: the tokens and the image of mask_decoder at mask_decoder.hook_tokens_in,
        mask_decoder.transformer.layers.N.hook_tokens and mask_decoder.transformer.hook_tokens with
        their images in the other run, and the logits with each in the place of this run's.
    Returns: a Panel of a Matrix (part, stage) of the shares, diverging around 0; and two Heatmaps
        (row, column) of raw logits over the picture: this run's, and the other's.
    Unit: the projection of the change of all logits over the picture on the difference of the two
        runs', 0 to 1; logits. NaN if the two runs' logits are the same.
    Source: activation patching, after "Locating and Editing Factual Associations in GPT" (arXiv
        2202.05262), for texts.
    """

    title = "On which way does a prompt reach its mask?"
    makes_a_click = True

    token: tuple[int, int] = token_knob()
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        trace, said = with_a_prompt(trace)
        mask = mask_shown(self.mask, trace.prediction)
        other = trace.with_prompts(moved_to(trace.prompts, self.token, trace.frame))
        stages = decoder_stages(trace.sam.config.decoder_depth)
        shares = np.zeros((len(PARTS), len(stages)))
        ends = [_logits(run.prediction, mask) for run in (trace, other)]
        for column, (stage, names) in enumerate(stages.items()):
            announce(f"Patched {stage}")
            patched = answers(self.patched(trace, other, names, part, mask) for part in PARTS)
            for row, each in enumerate(patched):
                shares[row, column] = share_of_the_way(_logits(each, mask), *ends)
        true = self.ious_in_words(trace, mask, self.threshold)
        words = f"{said}{self._words(mask, tuple(stages), shares)}{true}"
        table = Matrix(
            shares, PARTS, tuple(_in_two_lines(stage) for stage in stages),
            "Share of the way to the other prompt's mask", words, "patched", "",
            Scale("share", centre=0.0),
        )  # fmt: skip
        maps = tuple(
            Heatmap(
                logits,
                title=name,
                words=logits_in_words(f"mask {mask}", logits, self.threshold),
                scale=logit_scale(self.threshold),
                frame="logits",
            )
            for name, logits in zip(("This prompt", "The other prompt"), ends, strict=True)
        )
        return Panel((table, *maps), f"From the prompt to mask {mask}", words, across=3)

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        if cell.part == 0:  # shares of a way between masks
            return None
        trace, _ = with_a_prompt(trace)
        mask = mask_shown(self.mask, trace.prediction)
        other = trace.with_prompts(moved_to(trace.prompts, self.token, trace.frame))
        return of_logit((trace, other)[cell.part - 1], mask, cell)

    def patched(
        self, trace: Trace, other: Trace, names: tuple[str, str], part: str, mask: int
    ) -> Trace:
        """The run with one part at a stage from the other run."""
        name = names[part == IMAGE]
        layout = trace.decoder_tokens
        own = {layout.mask(mask)}
        first = layout.prompt(0)
        prompt = {first} if len(trace.prompts.points) else {first, first + 1}
        rest = set(range(len(layout))) - own - prompt
        places = {PROMPT: prompt, MASK: own, OTHERS: rest}.get(part)
        return trace.with_edit(
            name, _Replace(other[name], None if places is None else sorted(places))
        )

    def _words(
        self, mask: int, stages: tuple[str, ...], shares: Float[np.ndarray, "part stage"]
    ) -> str:
        if np.isnan(shares).all():
            return (
                f"The prompt at {token_in_words(self.token)} makes the same mask {mask}, so there "
                "are 0 differences to follow."
            )
        most = shares.argmax(axis=0)
        each = "; ".join(
            f"{stage} most by {PARTS[part]}, {text(float(shares[part, column]))}"
            for column, (stage, part) in enumerate(zip(stages, most, strict=True))
        )
        return (
            f"What tells this prompt from one at {token_in_words(self.token)} is carried to mask "
            f"{mask}: {each}."
        )


@dataclass(frozen=True, eq=False)
class _Replace:
    """An edit: some tokens, or all of the tensor, are another run's."""

    other: Tensor
    places: list[int] | None

    def __call__(self, tensor: Tensor, hook: HookPoint) -> Tensor:
        if self.places is None:
            return self.other.to(tensor).expand_as(tensor).contiguous()
        tensor[:, self.places] = self.other[:, self.places].to(tensor)
        return tensor


def _logits(answer: Prediction, mask: int) -> Float[np.ndarray, "row column"]:
    return answer.visible[mask].astype(float)


def _in_two_lines(stage: str) -> str:
    first, _, rest = stage.partition(" ")
    return f"{first}\n{rest}"
