"""The program of a kernel: ipykernel, with the notebook's folder last on the path.

Started by `python -m ipykernel_launcher`, a file of that name next to a notebook would run in its
place. What lies next to a notebook can be imported all the same, if nothing installed has its name.
"""

import sys


def main() -> None:
    """Be a kernel until it is told to end; `python -P` has kept the folder off the path so far."""
    from ipykernel.kernelapp import launch_new_instance

    sys.path.append("")
    launch_new_instance()


if __name__ == "__main__":
    main()
