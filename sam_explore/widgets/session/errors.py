"""Exceptions in words, for a reader."""


def in_words(error: Exception) -> str:
    """What to tell the reader: our own errors are words already, others get their kind's name."""
    ours = isinstance(error, OSError) and error.errno is None  # the system's have a number
    plain = (ours or isinstance(error, (TypeError, ValueError))) and str(error)
    said = str(error) if plain else f"{type(error).__name__}: {error}"
    return " ".join([said, *getattr(error, "__notes__", ())])
