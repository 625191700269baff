"""A slider over the small model's training: the session's model is what it was at that time."""

from typing import Any

from ipywidgets import SelectionSlider, Widget

from sam_explore.model import TOY
from sam_explore.probes.common.truth import ComparedWithTruth, in_words
from sam_explore.widgets.canvas.html import Markup, element, together
from sam_explore.widgets.canvas.paragraphs import paragraph
from sam_explore.widgets.session import Snapshot
from sam_explore.widgets.session.ipykernel_subshells import keep_order
from sam_explore.widgets.session.suppress_echo import SuppressEcho

from ..checkpoints.kept import Checkpoint, checkpoints
from ..facts.fact import Fact, mask_of
from ..questions.live_text import LiveText, checked_session, rules

_TITLE = "Training, watched"
_OTHER = "another model"


class TrainingTime(LiveText[Fact]):
    """A slider over the time of a training: every exhibit of the session follows.

        sx.course.TrainingTime(session)

    The session's model becomes the small model as it was then; picture and prompts stay. The last
    position is the model that ships, which comes from other and longer runs.

    Args:
        session: whose model it sets. It must be a small one.
        folder: where the checkpoints lie; by default docs/training in the repository.

    Raises:
        TypeError: no session.
        ValueError: the session's model has other sizes than the small one.
        FileNotFoundError: there are no checkpoints, as in an installed package; the message says
            where they are.
    """

    def __init__(self, session: Any, folder: Any = None):
        config = checked_session(session, type(self).__name__).sam.config
        if config != TOY:
            raise ValueError(
                "TrainingTime shows the training of the small model, as in sx.Session(sx.load(), "
                f"picture), but the session's model is {config.name}."
            )
        self.checkpoints = checkpoints(folder)
        self._echo = SuppressEcho()
        super().__init__(session)

    def show(self, checkpoint: Checkpoint) -> None:
        """Set the session's model to this checkpoint. If it can't be loaded nothing changes."""
        self.session.sam = checkpoint.load()

    def at(self, now: Snapshot) -> Checkpoint | None:
        """Which checkpoint a state's model is; None for another one, which may be in training."""
        for each in self.checkpoints:
            if each.is_of(now.sam):
                return each
        return None

    def _inputs(self) -> list[Widget]:
        self.slider = SelectionSlider(
            options=[(each.name, each) for each in self.checkpoints],
            value=self.checkpoints[-1],
            description="Model",
            continuous_update=False,
            layout={"width": "100%", "max_width": "520px"},
        )
        changed = self.session.action(self._take)
        self.slider.observe(self._echo.reader_only(changed, self._runner.show_errors), "value")
        keep_order(self.slider)
        return [self.slider]

    def _take(self, change: dict) -> None:
        try:
            self.show(change["new"])
        except Exception:
            self._follow()  # the slider shows the session's model again
            raise

    def _follow(self, change: dict | None = None) -> None:
        found = self.at(self.session.now)
        if found is not None and not self._echo.is_ahead(self.slider):
            with self._echo:
                self.slider.value = found
        super()._follow(change)

    def _asks(self) -> bool:
        return True

    def _compute(self, now: Snapshot) -> Fact:
        found = self.at(now)
        name = _OTHER if found is None else found.name
        words = f"Shown is {name if found is None else f'the model {name}'}."
        if now.prompts.is_empty:
            return Fact(name, f"{words} Click on the picture to see its mask.")
        mask = mask_of(now)
        truth = ComparedWithTruth(truth=now.shown_truth)
        said = truth.ious_in_words(now.trace, mask, now.threshold)
        if not said:
            predicted = in_words(now.trace.prediction.iou[mask])
            said = f" The predicted IoU of mask {mask} is {predicted}."
        return Fact(name, words + said)

    def _titled(self) -> Markup:
        return together(rules(), paragraph(element("b", _TITLE, style="font-size:15px")))

    def _formatted(self, answer: Fact) -> Markup:
        return element("div", paragraph(answer.words), role="status")

    def _page(self) -> Markup:
        listed = [element("li", each.name) for each in self.checkpoints]
        return element("div", element("b", _TITLE), element("ul", *listed), self.words)

    def _plain(self) -> str:
        return f"{_TITLE}: {', '.join(each.name for each in self.checkpoints)}. {self.words}"

    def __repr__(self) -> str:
        return f"TrainingTime({self.slider.value.name})"
