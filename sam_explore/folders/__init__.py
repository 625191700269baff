"""A question about thousands of pictures.

`run_folder` asks. `job` is what workers know, `asking` answers for one picture, `parts` writes the
rows of some, and `processes` or `with_ray` have that done. `results` reads the rows, `summary`
averages them, `nulls` is what they are compared with, and `page` shows the extremes.
"""

from typing import TYPE_CHECKING, Any

from .nulls import Null
from .questions import Embedding, Masks
from .running import Options, run_folder

if TYPE_CHECKING:
    from .results import FolderRun

__all__ = ["Embedding", "FolderRun", "Masks", "Null", "Options", "run_folder"]


def __getattr__(name: str) -> Any:
    """`FolderRun`, whose module needs pyarrow."""
    if name == "FolderRun":
        from .extras import check_installed

        check_installed("pyarrow", extra="folders")
        from .results import FolderRun

        return FolderRun
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
