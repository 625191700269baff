"""What has to be installed in addition."""

import sys
from importlib.util import find_spec


def check_installed(*packages: str, extra: str) -> None:
    """Raise ImportError, with the command that installs them, if one of the packages is missing."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"{', '.join(missing)} is not installed here. Install it with: "
            f'{sys.executable} -m pip install "sam-explore[{extra}]"'
        )
