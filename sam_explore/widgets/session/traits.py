"""Traits whose values are in a session's snapshot, so that there is only one state."""

from typing import Any

import traitlets

from ...corrections import BEST
from ...geometry import Prompts
from ...model import Sam
from ...plots.style import MAP_OPACITY
from ...prediction import EncodedImage, Prediction
from ...tracing.interventions import Intervention


class _OfSnapshot(traitlets.TraitType[Any, Any]):
    """Reads from the owner's current snapshot; setting makes the owner replace the snapshot."""

    def get(self, obj: Any, cls: type | None = None) -> Any:
        return getattr(obj.now, str(self.name))

    def set(self, obj: Any, value: Any) -> None:
        obj.set_in_snapshot(str(self.name), self._validate(obj, value))


class AnyTrait(_OfSnapshot, traitlets.Any):
    """Any value; the snapshot checks it."""


class InstanceTrait(_OfSnapshot, traitlets.Instance):
    """An object of a class."""


class UnionTrait(_OfSnapshot, traitlets.Union):
    """One of several kinds."""


class BoolTrait(_OfSnapshot, traitlets.Bool):
    """Yes or no."""


class FloatTrait(_OfSnapshot, traitlets.Float):
    """A number."""


class TupleTrait(_OfSnapshot, traitlets.Tuple):
    """A tuple of anything."""


class EditsTrait(TupleTrait):
    """A tuple of what is changed inside the run."""

    def validate(self, obj: traitlets.HasTraits, value: Any) -> tuple | None:
        if isinstance(value, Intervention):
            raise traitlets.TraitError(
                "edits must be a list or a tuple, but is a single intervention. Put it into a "
                f"list: session.edits = [{value!r}]."
            )
        return super().validate(obj, value)


class UnicodeTrait(_OfSnapshot, traitlets.Unicode):
    """A text."""


class SharedState(traitlets.HasTraits):
    """The traits that `Session` documents. Subclasses have `now` and `set_in_snapshot`."""

    sam = InstanceTrait(Sam)
    image = AnyTrait()
    preprocessing = AnyTrait()
    encoded = InstanceTrait(EncodedImage, allow_none=True, read_only=True)
    prompts = InstanceTrait(Prompts)
    feeds_back = BoolTrait(True)
    truth = AnyTrait()
    truth_level = AnyTrait()
    chosen = UnionTrait([traitlets.Int(), traitlets.Enum((BEST,))], allow_none=True)
    threshold = FloatTrait(0.0)
    token = TupleTrait()
    map_opacity = FloatTrait(MAP_OPACITY)
    windows = TupleTrait(None, allow_none=True)
    edits = EditsTrait()
    prediction = InstanceTrait(Prediction, allow_none=True, read_only=True)
    pointed = AnyTrait(read_only=True)
    busy = UnicodeTrait("")
    error = UnicodeTrait("")
