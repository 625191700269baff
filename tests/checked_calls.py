"""Types and shapes of a package's functions and dataclasses, checked at every call.

jaxtyping's import hook puts its decorator `jaxtyped` above each function and class. That one binds
all arguments and checks them twice, whether or not the function names a shape, which took two
thirds of the time of the tests. What stands here in its place checks the same once. jaxtyping is
left what it is needed for: a scope of axis names for each call of a function that names shapes.

Whether arrays have the shapes that a function names depends on their types, shapes and dtypes
alone. So a combination of these that was found right for a function is not looked at again.
"""

from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from functools import wraps
from inspect import Parameter, signature
from types import CodeType, FunctionType, NoneType, UnionType
from typing import Any, Union, get_args, get_origin

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
    if not any(map(names_a_shape, what.__annotations__.values())):
        return what if "<locals>" in what.__qualname__ else _with_types_checked(what)
    shapes = Shapes.of(what)
    return in_a_scope_of_its_own(_with_types_checked(what)) if shapes is None else shapes.checked()


def names_a_shape(annotation: object) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, AbstractArray):
        return True
    return any(map(names_a_shape, get_args(annotation)))


def is_of_arrays(annotation: object) -> bool:
    """Whether it is an array with a shape, one of several kinds or None, or a tuple of arrays."""
    if get_origin(annotation) in (Union, UnionType, tuple):
        parts = [each for each in get_args(annotation) if each is not NoneType]
        return all(isinstance(each, type) and issubclass(each, AbstractArray) for each in parts)
    return isinstance(annotation, type) and issubclass(annotation, AbstractArray)


def is_like(value: object, annotation: Any) -> bool:
    """Whether a value is what `is_of_arrays`, in the present scope of axis names."""
    if get_origin(annotation) is not tuple:
        return isinstance(value, annotation)
    kinds = get_args(annotation)
    return (
        isinstance(value, tuple) and len(value) == len(kinds) and all(map(isinstance, value, kinds))
    )


def in_a_scope_of_its_own(function: Callable) -> Callable:
    @wraps(function)
    def scoped(*args: object, **kwargs: object) -> object:
        with jaxtyped("context"):
            return function(*args, **kwargs)

    return scoped


_FOUND_RIGHT: dict[CodeType, set] = {}  # what arrays were like in calls of each function


@dataclass
class Shapes:
    """The arrays among a function's arguments, and what is to be returned if that is an array."""

    function: FunctionType
    places: list[tuple[int, str, Any, object]]  # its place, name, annotation and default
    returned: Any

    @classmethod
    def of(cls, function: Callable) -> "Shapes | None":
        """None where shapes are those of arrays inside something else."""
        shaped = {k: v for k, v in function.__annotations__.items() if names_a_shape(v)}
        if not isinstance(function, FunctionType) or hasattr(function, "__wrapped__"):
            return None
        parameters = signature(function).parameters
        named = {name: each for name, each in parameters.items() if each.kind not in _SEVERAL}
        returned = shaped.pop("return", None)
        if not shaped.keys() <= named.keys() or not all(map(is_of_arrays, shaped.values())):
            return None
        if returned is not None and not is_of_arrays(returned):
            return None
        places = [
            (place, name, shaped[name], parameters[name].default)
            for place, name in enumerate(parameters)
            if name in shaped
        ]
        return cls(function, places, returned)

    def checked(self) -> Callable:
        """The function, with its arrays checked here and all else by beartype."""
        places, rest, found_right = self.places, self._rest(), self._found_right()

        @wraps(self.function)
        def scoped(*args: object, **kwargs: object) -> object:
            given = [
                args[place] if place < len(args) else kwargs.get(name, default)
                for place, name, _, default in places
            ]
            like = tuple(map(_like, given))
            if like not in found_right:
                self._check(given)
                found_right.add(like)
            result = rest(*args, **kwargs)
            if self.returned is not None:
                with_result = (like, _like(result))
                if with_result not in found_right:
                    self._check(given, result)
                    found_right.add(with_result)
            return result

        return scoped

    def _found_right(self) -> set:
        return _FOUND_RIGHT.setdefault(self.function.__code__, set())

    def _rest(self) -> Callable:
        """The function without what is checked here. Of one inside another, mypy checks it."""
        function = self.function
        if "<locals>" in function.__qualname__:
            return function
        rest = FunctionType(
            function.__code__,
            function.__globals__,
            function.__name__,
            function.__defaults__,
            function.__closure__,
        )
        rest.__kwdefaults__, rest.__qualname__ = function.__kwdefaults__, function.__qualname__
        rest.__module__ = function.__module__
        here = {name for _, name, _, _ in self.places} | {"return" if self.returned else ""}
        rest.__annotations__ = {k: v for k, v in function.__annotations__.items() if k not in here}
        return _with_types_checked(rest)

    def _check(self, given: list[object], *result: object) -> None:
        """With the result, if there is one, in a scope of axis names for this call."""
        names = [(name, annotation) for _, name, annotation, _ in self.places]
        names += [("return", self.returned)] * len(result)
        with jaxtyped("context"):
            for (name, annotation), value in zip(names, [*given, *result], strict=True):
                if value is not Parameter.empty and not is_like(value, annotation):
                    raise TypeError(
                        f"{self.function.__qualname__}: {name} must be {annotation} in this call, "
                        f"but is a {type(value).__name__} {getattr(value, 'shape', '')} "
                        f"{getattr(value, 'dtype', '')}"
                    )


_SEVERAL = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def _like(value: object) -> object:
    """All that counts when an array is held against an annotation."""
    if isinstance(value, tuple):
        return tuple(map(_like, value))
    shape = getattr(value, "shape", None)
    return type(value) if shape is None else (type(value), shape, value.dtype)
