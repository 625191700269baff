"""The memory of a worker: what it may take, and what it takes."""

from pathlib import Path

from sam_explore.model import Sam

PICTURE_BYTES = 40  # a pixel, at the most: decoding, turning, and a mask of the picture's size
_LIBRARIES = 600 * 2**20  # Python, torch and pyarrow
_WEIGHTS = 2.5  # times their size: while a file is read, and fast forms next to the weights
_TOKEN_BYTES = 24  # a number of the residual stream, in the widest layer


def memory_bound(sam: Sam, most_pixels: int, cache_bytes: int | None) -> int:
    """The most bytes that a worker takes, which is added up from its parts.

    Args:
        sam: the model.
        most_pixels: of a picture.
        cache_bytes: the most that a probe's trace keeps alive; None if no probe is asked. A probe
            may also read the scores and the pattern of a block with global attention.
    """
    config = sam.config
    weights = sum(each.numel() * each.element_size() for each in sam.state_dict().values())
    widest = max(config.encoder_mlp_dim, 4 * config.encoder_dim)
    layers = _TOKEN_BYTES * widest * config.grid**2
    bound = _LIBRARIES + _WEIGHTS * weights + layers + PICTURE_BYTES * most_pixels
    if cache_bytes is not None:
        bound += cache_bytes + 2 * 4 * config.encoder_heads * config.grid**4
    return round(bound)


def memory_now() -> int:
    """The bytes of memory that this process holds; 0 where the system doesn't say."""
    return _status("VmRSS")


def peak_memory() -> int:
    """The most bytes that this process ever held; 0 where the system doesn't say."""
    return _status("VmHWM")


def _status(field: str) -> int:
    # `getrusage` counts the memory of the process that started this one, too.
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(each.split()[1]) * 1024 for each in lines if each.startswith(field)), 0)
