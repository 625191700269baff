"""Finds a part of the network by what a reader calls it."""

from difflib import get_close_matches

from .parts import Network, Part


def part_named(network: Network, name: str) -> Part:
    """A part by the path of its module or hook point, or by its title.

    A title may leave out what follows a colon or a comma: "stage 1", "block 3". Of several parts
    with the same title the first in a run is meant.

    Raises:
        ValueError: a name that this network does not have; the message lists the close ones.
    """
    if name in network.parts:
        return network.parts[name]
    wanted = name.strip().lower()
    titles: dict[str, Part] = {}
    for part in network.parts.values():
        for title in (part.title, part.title.split(":")[0].split(",")[0]):
            titles.setdefault(title.lower(), part)
    if wanted in titles:
        return titles[wanted]
    close = get_close_matches(wanted, titles, n=3, cutoff=0.5)
    close = close or get_close_matches(name, network.parts, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
    raise ValueError(f"The network has no part that is called {name!r}.{hint}")
