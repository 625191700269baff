"""Data with arrays that nobody can write to, not even after it was copied or pickled."""

import numpy as np


class ReadOnlyArrays:
    """A frozen dataclass whose arrays are read-only; numpy forgets that in copies and pickles."""

    def __setstate__(self, state: dict) -> None:
        for value in state.values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
        self.__dict__.update(state)
