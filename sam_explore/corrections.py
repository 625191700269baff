"""One rule for correcting a mask: which logits go back, and which mask answers.

See docs/decisions/0021-one-rule-for-corrections.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sam_explore.geometry import Prompts
from sam_explore.prediction import Prediction


@dataclass(frozen=True)
class CorrectionRule:
    """How a click that corrects a mask is asked, and what is shown for it.

    feeds_back: whether the logits that were shown go back as a mask hint.
    all_tokens: whether the answer is the mask of the best predicted IoU of all four; else token 0.
    """

    name: str
    feeds_back: bool
    all_tokens: bool

    def prompts(
        self,
        shown: Prediction,
        mask: int,
        point_px: np.ndarray | Sequence[float],
        label: int,
    ) -> Prompts:
        """The prompts that ask for a correction of what is shown.

        Args:
            shown: what the model had answered.
            mask: which of its masks is shown and corrected, 0 to 3.
            point_px: x, y of the click in pixels of the picture.
            label: 1 where the mask should reach, 0 where it should not.
        """
        asked = shown.prompts.with_point(point_px, label)
        return asked.with_mask_hint(shown.logits[mask] if self.feeds_back else None)

    def answer(self, prediction: Prediction) -> int:
        """Which mask of a corrected prediction is shown."""
        return int(np.argmax(prediction.iou)) if self.all_tokens else 0


TOKEN_0 = CorrectionRule("token 0", feeds_back=True, all_tokens=False)
BEST_PREDICTED = CorrectionRule("best predicted", feeds_back=True, all_tokens=True)
NO_FEEDBACK = CorrectionRule("no feedback", feeds_back=False, all_tokens=False)
CORRECTION_RULES = (TOKEN_0, BEST_PREDICTED, NO_FEEDBACK)
