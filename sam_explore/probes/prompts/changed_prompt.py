"""What if the prompt were made of other tokens?"""

from dataclasses import dataclass

from sam_explore.origins import Operation
from sam_explore.readings import Cell, Panel
from sam_explore.tracing import Trace, answers

from ..common.before_after import change_in_words, change_of_mask, masks_before_and_after
from ..common.origins import of_before_and_after
from ..common.probe import Probe, knob, mask_knob, mask_shown, threshold_knob, token_knob
from ..common.prompt_changes import CHANGES, PICKED_TOKEN
from ..common.truth import ComparedWithTruth


@dataclass(frozen=True)
class ChangedPrompt(ComparedWithTruth, Probe):
    """The answer to the prompt, and to one whose tokens were changed.

    Where a change can be said as another prompt, such as a box as two points, it is one; where not,
    the tokens themselves are changed: a token gets another kind's learned vector, or is a vector of
    its own. Such a free vector is what a text would become, for which weights were never released;
    here it is a random one, or the image token that you picked, made as long as a foreground token.
    There is no negative box in the model. Two stand-ins are tried: its corners as background
    points, and the corners' tokens plus the difference of the background vector from the foreground
    one. A prompt that lacks what a change needs stays as it is, and the words say so.

    Reads: the prediction, prompt_encoder.hook_tokens, and the prediction of the changed run.
    Returns: a Panel of three maps of one mask (row, column), as far as the picture reaches: before
        and after on one scale, and their difference, diverging around 0. Given a truth, the words
        have the predicted and the true IoU of both.
    Unit: logits.
    Source: our own. The learned vectors: the paper of SAM (arXiv 2304.02643), section 3 and
        appendix A.
    """

    title = "What if the prompt's tokens were others?"

    change: str = knob("padding point on or off", "change", choices=tuple(CHANGES), matters=True)
    token: tuple[int, int] = token_knob(when=lambda probe: probe.change == PICKED_TOKEN)
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        change = CHANGES[self.change]
        is_made = change.fits(trace.prompts)
        before = after = trace.prediction
        if is_made:
            (after,) = answers([change.make(trace, self.token)])
        mask = mask_shown(self.mask, before)
        name = self.change[0].upper() + self.change[1:]
        words = f"{name}: {_lower(change_in_words(mask, before, after, self.threshold))}"
        if not is_made:
            words = (
                f"Nothing is changed: this prompt has not {change.needs}, which is needed for "
                f"“{self.change}”. {change_in_words(mask, before, after, self.threshold)}"
            )
        words += self.change_of_ious_in_words(trace, (before, after), mask, self.threshold)
        maps = masks_before_and_after(mask, before, after, self.threshold)
        return Panel((*maps, change_of_mask(mask, before, after, words)), name, words, across=3)

    def origin(self, trace: Trace, cell: Cell) -> Operation:
        change, after = CHANGES[self.change], trace
        if change.fits(trace.prompts):
            after = change.make(trace, self.token)
        return of_before_and_after(trace, after, mask_shown(self.mask, trace.prediction), cell)


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]
