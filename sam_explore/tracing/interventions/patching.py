"""Activation patching: replace some tokens of one run by those of another."""

from dataclasses import dataclass, field

from jaxtyping import Float
from torch import Tensor

from sam_explore.model import HookPoint

from ..editing import Edits, Intervention
from ..recording import find_hooks
from ..run_description import RunDescription
from ..steps import Run
from ..trace import Trace
from .positions import TokenPositions, flat_positions, in_checked_block, pairs_of


@dataclass(frozen=True, eq=False)
class PatchTokens(Intervention):
    """Some tokens at a block are replaced by those at the same positions of another run.

    The other run is computed up to the block when this is made. Only the tokens and its description
    are kept; the description then replaces the trace as `source`.

    Args:
        source: the other run, of another picture or with other edits.
        block: a block of the image encoder.
        tokens: rows and columns.
        at: a hook point of the block whose tensor is laid out over the grid, such as
            "hook_residual_post", "attention.hook_out" or "mlp.hook_out".

    Raises:
        TypeError: a source that is not a trace.
        ValueError: a block, a hook point or tokens that the source doesn't have.
    """

    source: Trace | RunDescription = field(repr=False)
    block: int
    tokens: TokenPositions
    at: str = "hook_residual_post"
    vectors: Float[Tensor, "token channel"] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.source, Trace):
            raise TypeError(
                "source must be the trace that tokens are taken from, but is a "
                f"{type(self.source).__name__}."
            )
        tokens = pairs_of("tokens", self.tokens)
        object.__setattr__(self, "tokens", tokens)
        sam = self.source.sam
        name = in_checked_block(sam.config, self.block, self.at)
        (hook,) = find_hooks(sam, [name])
        if hook.axes[1:3] != ("row", "column"):
            raise ValueError(
                f"at must be a place where the tokens lie on the grid, but the axes of {name} are "
                f"{', '.join(hook.axes)}."
            )
        places = sorted(flat_positions("tokens", tokens, self.source.frame.grid))
        object.__setattr__(self, "vectors", self.source[name][0].flatten(0, 1)[places])
        object.__setattr__(self, "source", self.source.description)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PatchTokens) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def content(self) -> tuple:
        """A fingerprint of the tokens themselves, whatever their source."""
        return self.block, self.tokens, self.at, self.vectors

    def edits(self, run: Run) -> Edits:
        flat_positions("tokens", self.tokens, run.frame.grid)
        return ((in_checked_block(run.sam.config, self.block, self.at), _Patch(self)),)


@dataclass(frozen=True)
class _Patch:
    """The edit of `PatchTokens`."""

    patch: PatchTokens

    def __call__(self, tensor: Tensor, hook: HookPoint) -> Tensor:
        rows, columns = zip(*self.patch.tokens, strict=True)
        vectors = self.patch.vectors
        if vectors.shape[1] != tensor.shape[-1]:
            raise ValueError(
                f"The source has {vectors.shape[1]} channels at {hook.name}, this model "
                f"{tensor.shape[-1]}. Patch between runs of models of one size."
            )
        tensor[0, rows, columns] = vectors.to(tensor)
        return tensor
