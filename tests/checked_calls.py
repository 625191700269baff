"""Types and shapes of a package's functions and dataclasses, checked at every call.

jaxtyping's import hook puts its decorator `jaxtyped` above each function and class. That one binds
all arguments and checks them twice, whether or not the function names a shape, which took two
thirds of the time of the tests. What stands here in its place checks the same once. jaxtyping is
left what it is needed for: a scope of axis names for each call of a function that names shapes.
"""

from collections.abc import Callable
from dataclasses import is_dataclass
from functools import wraps
from typing import get_args

import jaxtyping
from beartype import BeartypeConf, beartype
from jaxtyping import AbstractArray, install_import_hook, jaxtyped

# Where a float is expected an int will do, as PEP 484 has it; beartype asks for that explicitly.
_with_types_checked = beartype(conf=BeartypeConf(is_pep484_tower=True, violation_type=TypeError))


def check_calls_of(package: str) -> None:
    """From now on whatever is imported from a package checks its calls."""
    jaxtyping.jaxtyped = lambda **_: checked
    install_import_hook(package, typechecker=None)


def checked(what: type | Callable) -> type | Callable:
    """A function that checks its calls, or a dataclass that checks how it is made.

    A function inside another is prepared again at each call of the outer one, which takes
    milliseconds: where it names no shape, mypy has to do.
    """
    if isinstance(what, type):
        if is_dataclass(what) and "__init__" in vars(what):
            what.__init__ = checked(what.__init__)
        return what
    if any(map(names_a_shape, what.__annotations__.values())):
        return in_a_scope_of_its_own(_with_types_checked(what))
    return what if "<locals>" in what.__qualname__ else _with_types_checked(what)


def names_a_shape(annotation: object) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, AbstractArray):
        return True
    return any(map(names_a_shape, get_args(annotation)))


def in_a_scope_of_its_own(function: Callable) -> Callable:
    @wraps(function)
    def scoped(*args: object, **kwargs: object) -> object:
        with jaxtyped("context"):
            return function(*args, **kwargs)

    return scoped
