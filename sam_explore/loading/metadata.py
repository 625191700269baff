"""Files with metadata that PyTorch's reader refuses, and code that saves their weights without it.

Such a file is not opened here. The error message contains code for the user, who can decide whether
to trust the file. The code allows only these few types by name.
"""

import re
from collections.abc import Sequence

# Types of plain values by their name in the file, and the Python expression for each.
_KINDS: tuple[tuple[str, str], ...] = (
    (r"numpy\.(_core|core)\.multiarray\.(scalar|_reconstruct)", r"np._core.multiarray.\2"),
    (r"numpy\.(ndarray|dtype)", r"np.\1"),
    (r"numpy\.dtypes\.(\w+)", r"np.dtypes.\1"),
    (r"argparse\.Namespace", "argparse.Namespace"),
    # Pure paths exist on every system, and don't access files.
    (r"pathlib\.(?:_local\.)?(?:Pure)?(Posix|Windows)Path", r"pathlib.Pure\1Path"),
    (r"datetime\.(date|datetime|time|timedelta|timezone)", r"datetime.\1"),
)


def is_metadata(references: Sequence[str]) -> bool:
    """Whether a file refers only to types of plain settings and results."""
    return bool(references) and all(_stand_in(each) for each in references)


def lines_that_save_again(file: str, references: Sequence[str]) -> str:
    """Python code that saves the weights of such a file without its metadata."""
    allowed = [f"({_stand_in(each)}, {each!r})" for each in references]
    modules = {each[1:].partition(".")[0] for each in allowed} - {"np"}
    imports = "".join(f"import {module}\n" for module in sorted(modules))
    if any("np." in each for each in allowed):
        imports += "import numpy as np\n"
        allowed.append("*{type(np.dtype(code)) for code in np.typecodes['All']}")
    kinds = "".join(f"    {each},\n" for each in allowed)
    return (
        f"{imports}import torch\nimport sam_explore as sx\n\n"
        f"kinds = [\n{kinds}]\n"
        "with torch.serialization.safe_globals(kinds):\n"
        f"    content = torch.load({file!r}, map_location='cpu', weights_only=True)\n"
        "torch.save(sx.load(content).state_dict(), 'weights.pth')\n"
    )


def _stand_in(reference: str) -> str:
    """The Python expression for a reference; empty if it is not metadata."""
    for pattern, python in _KINDS:
        if match := re.fullmatch(pattern, reference):
            return match.expand(python)
    return ""
