"""The user's copy of the notebooks: updated, without touching their changes."""

import hashlib
import json
import sysconfig
from pathlib import Path

from ..paths import local_path
from ..writing import is_own, write_whole

PACKAGE = Path(__file__).resolve().parents[1]
FIRST_NOTEBOOK = "01_prompting.ipynb"
OWN_FOLDER = ".sam-explore"  # inside the user's folder: what was copied


def copy_notebooks(source: Path, folder: Path) -> list[str]:
    """Update `folder` with the notebooks in `source`, without touching the user's changes.

    A file that the user changed is kept; an unchanged copy is updated. Nothing is written through a
    symbolic link. Returns a sentence for each file kept.
    """
    _refuse_installed(folder, source)
    copied = _copied_before(folder / OWN_FOLDER)
    kept = []
    for original in sorted(source.rglob("*.ipynb")):
        if ".ipynb_checkpoints" in original.parts:
            continue
        name = original.relative_to(source).as_posix()
        mine, theirs = original.read_bytes(), folder / name
        if link := _link_on_the_way(theirs, folder):
            kept.append(f"Left {name} alone: {link} is a symbolic link.")
            continue
        if theirs.exists() and not theirs.is_file():
            kept.append(f"Left {name} alone, which is no file.")
            continue
        if theirs.exists() and _digest(theirs.read_bytes()) not in (
            copied.get(name),
            _digest(mine),
        ):
            newer = copied.get(name) != _digest(mine)
            advice = "; to see the newer one that came with the package, rename yours"
            kept.append(f"Kept your version of {name}{advice if newer else ''}.")
            continue
        theirs.parent.mkdir(parents=True, exist_ok=True)
        write_whole(theirs, mine)
        copied[name] = _digest(mine)
    _note_copied(folder / OWN_FOLDER, copied)
    return kept


def _copied_before(own: Path) -> dict[str, str]:
    """The digest of each notebook as it was copied; empty if that can't be read."""
    file = own / _COPIED
    if own.is_symlink() or not is_own(file) or file.stat().st_size > _MOST_COPIED:
        return {}
    try:
        copied = json.loads(file.read_text("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return copied if isinstance(copied, dict) else {}


def _note_copied(own: Path, copied: dict[str, str]) -> None:
    if own.is_symlink():
        own.unlink()
    own.mkdir(parents=True, exist_ok=True)
    write_whole(own / _COPIED, json.dumps(copied, indent=1).encode())


def _link_on_the_way(file: Path, folder: Path) -> Path | None:
    """A symbolic link on the path from the folder to a file in it, the file included."""
    inside = [file, *file.parents][: len(file.relative_to(folder).parts)]
    return next((each for each in inside if each.is_symlink()), None)


_COPIED, _MOST_COPIED = "copied.json", 1_000_000  # bytes


def notebooks_source() -> Path:
    """The folder of the notebooks: in an installed package, or next to it in a working copy."""
    for folder in (PACKAGE / "notebooks", PACKAGE.parent / "notebooks"):
        if (folder / FIRST_NOTEBOOK).is_file():
            return folder
    raise ValueError(
        f"The notebooks are missing: expected {FIRST_NOTEBOOK} in {PACKAGE / 'notebooks'}. "
        "Install sam-explore again."
    )


def find_notebook(wanted: Path, course: Path) -> Path:
    """The notebook at this path, else the one of the course by this name.

    Args:
        wanted: a path, or the name of a notebook of the course, with or without its suffix.
        course: the folder of the course.

    Raises:
        ValueError: there is neither; the message lists the course.
    """
    mine = local_path(str(wanted))
    if mine.is_file():
        return mine.resolve()
    names = [each.stem for each in sorted(course.glob("*.ipynb"))]
    if len(wanted.parts) == 1 and wanted.name.removesuffix(".ipynb") in names:
        return (course / wanted.name.removesuffix(".ipynb")).with_suffix(".ipynb").resolve()
    raise ValueError(f"There is no notebook {wanted}. Those of the course are: {', '.join(names)}.")


def _refuse_installed(folder: Path, source: Path) -> None:
    """Refuse the package's own folder, since the notebooks will be changed."""
    installed = [Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")]
    for taken in (PACKAGE, source.resolve(), *installed):
        if folder.resolve().is_relative_to(taken):
            raise ValueError(
                f"{folder} belongs to the installed package. Choose a folder of your own with "
                "--folder."
            )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
