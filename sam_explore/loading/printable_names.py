"""Makes names from files fit for messages: few, short, and printable."""

from collections.abc import Collection, Iterable

_LONGEST = 100


def shown(name: str) -> str:
    """A name shortened, and without control characters."""
    short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in short)


def listed(names: Collection[str], most: int = 3) -> str:
    """The first names, and dots if there are more."""
    first = list(names)[:most]
    return ", ".join(map(shown, first)) + (" ..." if len(names) > most else "")


def several(names: Iterable[str], word: str = "and") -> str:
    """All of a few names in quotes, such as 'a', 'b' and 'c'."""
    *first, last = [repr(shown(name)) for name in names]
    return f"{', '.join(first)} {word} {last}" if first else last
