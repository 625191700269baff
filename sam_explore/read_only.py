"""Dataclasses whose arrays are read-only, also after copying and pickling."""

import numpy as np


class ReadOnlyArrays:
    """A frozen dataclass with read-only arrays; numpy drops that flag in copies and pickles."""

    def __setstate__(self, state: dict) -> None:
        for value in state.values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
        self.__dict__.update(state)
