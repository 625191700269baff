"""Exceptions in words, for users."""


def in_words(error: Exception) -> str:
    """The text to show. Our own errors are sentences; others get their class name."""
    words, kind = str(error), type(error).__name__
    ours = isinstance(error, OSError) and error.errno is None  # the system's have a number
    is_plain = ours or isinstance(error, TypeError | ValueError)
    said = (words if is_plain else f"{kind}: {words}") if words else kind
    return " ".join([said, *getattr(error, "__notes__", ())])
