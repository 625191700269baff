"""Other runs made from one: with other prompts, edits, windows, or another size of the input."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sam_explore.geometry import Prompts
from sam_explore.preprocessing import Side

from .editing import Edit, Intervention

if TYPE_CHECKING:
    from .trace import Trace


class Variants:
    """The part of a `Trace` that makes others of it; each shares what its change can't reach."""

    @property
    def reference(self) -> "Trace":
        """The same picture and prompts without edits, in the trained windows."""
        return replace(self.with_windows(None), _edits=())

    def with_prompts(self, prompts: Prompts) -> "Trace":
        """The same run with other prompts; the image encoder's results are shared."""
        return replace(self, prompts=prompts)

    def with_edit(self, name: str, fn: Edit) -> "Trace":
        """The same run with one tensor changed, or several by a pattern; edits add up.

        `fn(tensor, hook)` returns the replacement, which must depend on its arguments only.
        Everything before the edit is shared. Results are shared between traces with the very same
        function, so define it once.

        Raises:
            ValueError: a name without a match.
            TypeError: an object that can't be hashed in place of a function.
        """
        return replace(self, _edits=(*self._edits, (name, fn)))

    def with_interventions(self, *interventions: Intervention) -> "Trace":
        """The same run with ready-made edits, which act in this order; see `sx.interventions`.

            trace.with_interventions(sx.interventions.AblateHead(block=5, head=2))

        They are worked out anew when prompts or windows change. Results are shared between traces
        with equal interventions.

        Raises:
            ValueError: a block, a head or a token that the model doesn't have.
        """
        return replace(self, _edits=self._edits + interventions)

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
        windows = None if windows is None else tuple(windows)
        return replace(self, windows=windows, relative_positions=relative_positions)

    def with_preprocessing(
        self, preprocessing: str = "original", side: Side = None, keep_aspect: bool = False
    ) -> "Trace":
        """The same picture, put into the model's input in another way; nothing is shared.

            trace.with_preprocessing("stretch", side=512, keep_aspect=True)

        Edits and windows stay, and so do prompts, which are in pixels of the picture.

        Args:
            preprocessing, side, keep_aspect: as in `encode`.

        Raises:
            ValueError: a size that the model can't have; or a mask hint, an intervention or tables
                to crop that don't fit the size.
        """
        return replace(self, preprocessing=preprocessing, side=side, keep_aspect=keep_aspect)
