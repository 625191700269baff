"""Exceptions in words, for users."""

from ...app_limits import memory_limit


def in_words(error: Exception) -> str:
    """The text to show. Our own errors are sentences; others get their class name."""
    if is_lack_of_memory(error):
        return _without_memory()
    words, kind = str(error), type(error).__name__
    ours = isinstance(error, OSError) and error.errno is None  # the system's have a number
    is_plain = ours or isinstance(error, TypeError | ValueError)
    said = (words if is_plain else f"{kind}: {words}") if words else kind
    return " ".join([said, *getattr(error, "__notes__", ())])


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether Python, numpy, PyTorch or a library of theirs could not allocate memory."""
    if isinstance(error, RuntimeError):
        return any(each in str(error) for each in ("can't allocate memory", "std::bad_alloc"))
    return isinstance(error, MemoryError)


def _without_memory() -> str:
    most = memory_limit()
    limit = f": one page may use {most} MB here" if most else ""
    return (
        f"There is not enough memory for this{limit}. What was shown before stays; try a smaller "
        "picture, or fewer places at a time."
    )
