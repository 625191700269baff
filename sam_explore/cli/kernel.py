"""The program of a kernel: ipykernel, with the notebook's folder last on the path.

With `python -m ipykernel_launcher`, a file of that name next to a notebook would run instead. Files
next to a notebook can still be imported, unless an installed package has their name.
"""

import sys


def main() -> None:
    """Run a kernel until it is stopped; `python -P` has kept the folder off the path so far."""
    from ipykernel.kernelapp import launch_new_instance

    sys.path.append("")
    launch_new_instance()


if __name__ == "__main__":
    main()
