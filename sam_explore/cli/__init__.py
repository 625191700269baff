"""The command line, one file per command: `sam-explore lab` opens the course, for example.

A command's file has `add(commands)`, which declares its arguments, and `run(arguments)`, which
returns the exit status. To add one: a file, and its name in COMMANDS.
"""

import argparse
import io
import os
import sys

from . import app, download, export, info, lab, onnx, run_folder, verify

COMMANDS = (lab, app, export, info, download, verify, onnx, run_folder)


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns the exit status.

    Commands that start a program pass on the options that they don't know, and everything after
    `--`.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # for characters that its encoding lacks
    argv = sys.argv[1:] if argv is None else list(argv)
    own, passed_on = _split_at_dashes(argv)
    parser = _parser()
    arguments, unknown = parser.parse_known_args(own)
    if not hasattr(arguments, "passed_on"):
        if unknown:
            parser.error(f"`{arguments.command}` knows no {' '.join(unknown)}")
        if passed_on:
            parser.error(f"`{arguments.command}` takes no arguments after `--`")
    arguments.passed_on = unknown + passed_on
    try:
        status = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        print("\nsam-explore: stopped.", file=sys.stderr)
        return 130  # as shells do
    except BrokenPipeError:  # the reader closed the pipe, such as `head`
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 it is flushed when Python ends
        return 0
    except (OSError, ValueError) as error:
        print(f"sam-explore: {error}", file=sys.stderr)
        return 1


def _split_at_dashes(argv: list[str]) -> tuple[list[str], list[str]]:
    at = argv.index("--") if "--" in argv else len(argv)
    return argv[:at], argv[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sam-explore", description="Look inside the Segment Anything Model, live."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for command in COMMANDS:
        command.add(commands)
    return parser
