"""Numbers of layers that are not part of the network as published, such as LoRA's."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from .operation import Operation
from .rules import Place, Rule, Slice, Values


@dataclass(frozen=True)
class Foreign(Rule):
    """A number that such a layer gives: its formula is not known.

    Args:
        kind: the name of the layer's class.
        tolerance: see `Operation`.
        empty: not used; it is there because `replace` sets it.
        meaning, axes: see `Rule`.
    """

    kind: str
    tolerance: float = 1e-4
    empty: str = ""
    meaning: str = ""
    axes: tuple[str, ...] = ()

    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        result = float(values.numbers(place.address, place.index))
        formula = f"{self.kind}(x)"
        return Operation(
            "Computed by a layer that was replaced",
            formula,
            (formula,),
            result,
            abs(result),
            note="It is no layer of the network as published, so its formula is not known.",
        )

    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        raise ValueError(
            f"This number depends on one ({self.meaning}) that a {self.kind} gives, which is no "
            "layer of the network as published, and no hook point is there. Ask for the next hook "
            "point before or after it."
        )
