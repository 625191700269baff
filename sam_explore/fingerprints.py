"""Fingerprints of values by content: the same for the same content, in every process.

Numbers, texts, arrays, tensors, containers of them and frozen dataclasses are compared by content.
A user's function can't be, since it may read anything: it is identified as an object, within this
process. docs/decisions/0016 has the reasons.
"""

import hashlib
import os
import secrets
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cached_property
from inspect import unwrap
from itertools import count
from pathlib import PurePath
from threading import Lock
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

import numpy as np
import torch
from torch import Tensor

_SLOTS = (MemberDescriptorType, GetSetDescriptorType)
_PACKAGE = __name__.partition(".")[0] + "."
_NUMBERS = (bool, int, float, complex)
# What every class has, or what follows from its other attributes.
_NOT_CONTENT = {
    "__module__",
    "__qualname__",
    "__doc__",
    "__dict__",
    "__weakref__",
    "__slots__",
    "__annotations__",
    "__dataclass_fields__",
    "__dataclass_params__",
    "__match_args__",
    "__abstractmethods__",
    "__parameters__",
    "__orig_bases__",
    "__firstlineno__",
    "__static_attributes__",
    "__annotate_func__",
    "__annotations_cache__",
    "_abc_impl",
}
# Methods that dataclasses write. They refer to objects of that module, and are determined by the
# fields.
_WRITTEN = {"init", "repr", "eq", "lt", "le", "gt", "ge", "hash", "setattr", "delattr", "replace"}
_PLAIN = (*_NUMBERS, type(None), type(...), str, bytes, torch.dtype, torch.device, PurePath)


class NoContentError(TypeError):
    """Raised for a value that can't be identified by its content."""


def fingerprint(value: object, within_process: bool = False) -> str:
    """32 hexadecimal digits for the content of a value.

    Args:
        value: data; a frozen dataclass counts by its class and its fields.
        within_process: identify what has no content, such as a function, as an object. The
            fingerprint is then of no use in another process, and equals none there.

    Raises:
        NoContentError: the value contains something without content, unless `within_process`.
    """
    digest = hashlib.sha256()
    for piece in _pieces(value, within_process, set()):
        digest.update(piece)
    return digest.hexdigest()[:32]


def has_content(value: object) -> bool:
    """Whether `fingerprint` identifies a value by its content alone."""
    try:
        fingerprint(value)
    except NoContentError:
        return False
    return True


def function_fingerprint(function: Callable[..., object]) -> str:
    """32 hexadecimal digits for a plain function: its name, its code, and the data it refers to.

    Data are its defaults, its closure, and the numbers, texts, arrays, functions and classes that
    it uses by name. Libraries are taken as given.

    Raises:
        NoContentError: no function written in Python, or one whose closure holds more than data.
    """
    digest = hashlib.sha256()
    for piece in _function(unwrap(function), False, set()):
        digest.update(piece)
    return digest.hexdigest()[:32]


def is_of_package(thing: FunctionType | type) -> bool:
    """Whether a function or a class is one of this package's own, at the top of a module."""
    return (thing.__module__ or "").startswith(_PACKAGE) and "<" not in thing.__qualname__


def _is_given(thing: FunctionType | type) -> bool:
    """Whether a function or a class is of this package or of a library, and so stays as it is."""
    if is_of_package(thing):
        return True
    top = (thing.__module__ or "").partition(".")[0]
    if top in sys.stdlib_module_names:
        return True
    place = getattr(sys.modules.get(top), "__file__", None) or ""
    is_installed = not {"site-packages", "dist-packages"}.isdisjoint(PurePath(place).parts)
    return is_installed and top != "__main__"


def _pieces(value: object, local: bool, seen: set[int]) -> Iterator[bytes]:
    """The bytes that the fingerprint is made from, with lengths, so that their boundaries count.

    Classes and functions in `seen` are not visited again.
    """
    kind = type(value)
    yield f"\n{kind.__name__} ".encode()
    if isinstance(value, _PLAIN) and not isinstance(value, Enum):
        yield repr(value).encode()
    elif isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
        yield repr((value.dtype.str, value.shape)).encode()
        yield np.ascontiguousarray(value).tobytes()
    elif isinstance(value, Tensor):
        tensor = value.detach().cpu().contiguous().reshape(-1)
        yield repr((value.dtype, tuple(value.shape))).encode()
        yield tensor.view(torch.uint8).numpy().tobytes() if len(tensor) else b""
    elif isinstance(value, list | tuple):
        yield str(len(value)).encode()
        for each in value:
            yield from _pieces(each, local, seen)
    elif isinstance(value, Set | Mapping):
        items = value.items() if isinstance(value, Mapping) else value
        yield " ".join(sorted(_digest(each, local, seen) for each in items)).encode()
    elif isinstance(value, Enum):
        yield repr((kind.__module__, kind.__qualname__, value.name)).encode()
    else:
        yield from _object(value, local, seen)


def _digest(value: object, local: bool, seen: set[int]) -> str:
    """The digest of a member of a set, independent of what was seen in other members."""
    return hashlib.sha256(b"".join(_pieces(value, local, set(seen)))).hexdigest()


def _object(value: Any, local: bool, seen: set[int]) -> Iterator[bytes]:
    if isinstance(value, type):
        yield from _class(value, local, seen)
    elif isinstance(value, FunctionType) and is_of_package(value):
        yield repr((value.__module__, value.__qualname__)).encode()
    elif isinstance(value, MethodType) and local:
        yield from _pieces(value.__self__, local, seen)
        yield from _pieces(value.__func__, local, seen)
    elif local and isinstance(getattr(type(value), "fingerprint", None), cached_property):
        yield value.fingerprint.encode()
    elif is_dataclass(value) and _is_frozen(type(value)):
        yield from _class(type(value), local, seen)
        yield from _pieces(content_of(value), local, seen)
    elif local:
        yield _own_number(value).encode()
    else:
        name = getattr(value, "__qualname__", type(value).__name__)
        raise NoContentError(f"{name} has no content that another process could know it by.")


def _is_frozen(kind: Any) -> bool:
    return kind.__dataclass_params__.frozen


def content_of(value: Any) -> tuple:
    """The content of a frozen dataclass: what its `content()` returns, or all of its fields."""
    content = getattr(value, "content", None)
    if callable(content):
        return content()
    return tuple((each.name, getattr(value, each.name)) for each in fields(value))


def _class(kind: type, local: bool, seen: set[int]) -> Iterator[bytes]:
    """A user's class is identified by its own and its bases' attributes, except library classes.

    So a class that is redefined under the same name gets another fingerprint.
    """
    for each in kind.__mro__:
        yield repr((each.__module__, each.__qualname__)).encode()
        if id(each) in seen or _is_given(each):
            continue
        seen.add(id(each))
        if issubclass(each, Enum):
            yield from _pieces([(member.name, member.value) for member in each], local, seen)
            continue
        written = _WRITTEN if is_dataclass(each) else ()
        for name, part in vars(each).items():
            if name.strip("_") in written and isinstance(part, FunctionType):
                yield name.encode()
                yield from _code(unwrap(part).__code__)
            elif name not in _NOT_CONTENT and not isinstance(part, _SLOTS):
                yield name.encode()
                yield from _part(part, local, seen)


def _part(part: object, local: bool, seen: set[int]) -> Iterator[bytes]:
    """A method, a property or an attribute of a class."""
    yield f"\n{type(part).__name__} ".encode()
    if isinstance(part, staticmethod | classmethod):
        part = part.__func__
    functions: tuple[object, ...]
    if isinstance(part, property):
        functions = (part.fget, part.fset, part.fdel)
    elif isinstance(part, cached_property):
        functions = (part.func,)
    else:
        functions = (part,)
    for each in functions:
        if isinstance(each, BuiltinFunctionType) or (
            isinstance(each, FunctionType) and _is_given(each)
        ):
            yield repr((each.__module__, each.__qualname__)).encode()
        elif isinstance(each, FunctionType):
            yield from _function(unwrap(each), local, seen)
        else:
            yield from _pieces(each, local, seen)


def _function(function: object, local: bool, seen: set[int]) -> Iterator[bytes]:
    if not isinstance(function, FunctionType):
        raise NoContentError(f"{function!r:.80} is no function written in Python.")
    yield repr((function.__module__, function.__qualname__)).encode()
    if id(function) in seen:
        return
    seen.add(id(function))
    yield from _code(function.__code__)
    if is_of_package(function):
        return
    yield from _pieces((function.__defaults__, function.__kwdefaults__), local, seen)
    for cell in function.__closure__ or ():
        yield from _pieces(cell.cell_contents, local, seen)
    for name in _names_in(function.__code__):
        used = function.__globals__.get(name)
        if isinstance(used, FunctionType):
            yield name.encode()
            if not _is_given(used):
                yield from _function(unwrap(used), local, seen)
        elif not isinstance(used, BuiltinFunctionType | ModuleType):
            yield name.encode()
            yield _data(used, seen)


def _data(used: object, seen: set[int]) -> bytes:
    """Data or a class that a function uses by name; for what has no content, its class's name."""
    try:
        return b"".join(_pieces(used, False, seen))
    except NoContentError:
        return type(used).__qualname__.encode()


def _code(code: CodeType) -> Iterator[bytes]:
    yield code.co_code
    yield repr(code.co_names).encode()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant)
        else:
            yield from _pieces(constant, False, set())


def _names_in(code: CodeType) -> list[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names.update(_names_in(constant))
    return sorted(names)


# Numbers of objects without content; none is given twice, not even after a fork.
_process, _next = secrets.token_hex(8), count()
_numbers: dict[int, tuple[weakref.ref, str]] = {}
_guard = Lock()


def _own_number(value: object) -> str:
    with _guard:
        known = _numbers.get(id(value))
        if known is not None and known[0]() is value:
            return known[1]
        number = f"{_process} {os.getpid()} {next(_next)}"
        try:
            place = id(value)
            reference = weakref.ref(value, lambda gone: _forget(place, gone))
        except TypeError:
            return number  # it can't be recognised later, so nothing is ever shared by it
        _numbers[place] = reference, number
        return number


def _forget(place: int, gone: weakref.ref) -> None:
    # Without the lock, which this thread may hold: nothing else removes entries.
    if place in _numbers and _numbers[place][0] is gone:
        _numbers.pop(place, None)
