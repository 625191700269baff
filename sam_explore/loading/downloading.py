"""The official files: downloaded by name, verified, and kept in the cache folder."""

import hashlib
import http.client
import os
import re
import shutil
import ssl
import sys
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_cache_path
from tqdm.auto import tqdm

from sam_explore.paths import at_home
from sam_explore.writing import is_own, open_own, open_private, publish

from .connecting import connect, through

_CHUNK = 2**20
_SILENCE = 30  # seconds without a byte after which a connection counts as broken


@dataclass(frozen=True)
class Release:
    """One official file: where it is, its size in bytes, and its SHA-256."""

    url: str
    bytes: int
    sha256: str

    @property
    def file(self) -> str:
        """The file's name."""
        return self.url.rpartition("/")[2]

    @property
    def size(self) -> str:
        """The size in words."""
        return f"{self.bytes / 1e6:.0f} MB"


_SITE = "https://dl.fbaipublicfiles.com/segment_anything"
OFFICIAL = {
    "vit_b": Release(
        f"{_SITE}/sam_vit_b_01ec64.pth",
        375_042_383,
        "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912",
    ),
    "vit_l": Release(
        f"{_SITE}/sam_vit_l_0b3195.pth",
        1_249_524_607,
        "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622",
    ),
    "vit_h": Release(
        f"{_SITE}/sam_vit_h_4b8939.pth",
        2_564_550_879,
        "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e",
    ),
}


def cache_folder() -> Path:
    """Where downloaded weights are kept: SAM_EXPLORE_CACHE, or the system's place for caches."""
    if chosen := os.environ.get("SAM_EXPLORE_CACHE"):
        return at_home(chosen)
    # `opinion` would add a folder `Cache` on Windows, where earlier versions did not have it.
    return user_cache_path("sam-explore", appauthor=False, opinion=False)


def downloaded() -> tuple[str, ...]:
    """The releases that are complete in the cache, judged by their size."""
    return tuple(
        name
        for name, release in OFFICIAL.items()
        if _is_there(cache_folder() / release.file, release, recheck=False)
    )


def download(name: str, *, recheck: bool = False) -> Path:
    """The official file of a release in the cache, downloaded if it isn't there.

    Prints the source and the destination to stderr, with a progress bar. The file gets its name
    only when it is complete and its SHA-256 is the official one; until then a partial file next to
    it is kept, and the next call resumes it. If several processes ask at the same time, one
    downloads and the others wait.

    Args:
        name: "vit_b", "vit_l" or "vit_h".
        recheck: compare the SHA-256 of a file that is there already; otherwise its size is enough.
            A file that fails is downloaded again.

    Raises:
        KeyError: an unknown name.
        OSError: no connection, a broken connection, a full disk, a cache folder that can't
            be written to, or a file that is not the official one; the message says what to do.
    """
    release, folder = OFFICIAL[name], cache_folder()
    target = folder / release.file
    if _is_there(target, release, recheck):
        return target
    _make(folder)
    with _alone(folder / f"{release.file}.lock"):
        if not _is_there(target, release, recheck):  # another process may have been first
            partial = folder / f"{release.file}.partial"
            _fetch(release, partial, target)
            _check(release, partial)
            publish(partial, target)
    return target


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _no_cache(folder, error) from error


def _no_cache(folder: Path, error: OSError) -> OSError:
    chosen = "SAM_EXPLORE_CACHE names it. " if os.environ.get("SAM_EXPLORE_CACHE") else ""
    return OSError(
        f"The cache folder {folder} can't be made or written to ({error.strerror}). {chosen}Set "
        "SAM_EXPLORE_CACHE to a folder that can."
    )


def _is_there(target: Path, release: Release, recheck: bool) -> bool:
    if not target.is_file() or target.stat().st_size != release.bytes:
        return False
    return not recheck or sha256_of(target) == release.sha256


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Hold a lock against other processes; prints a message if it has to wait."""
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        _say(f"Another process is downloading {file.stem}; waiting for it.")
        lock.acquire()
    except OSError as error:
        raise _no_cache(file.parent, error) from error
    try:
        yield
    finally:
        lock.release()


def _fetch(release: Release, partial: Path, target: Path) -> None:
    """Download the rest of `partial`, or all of it if the server can't resume."""
    begun = partial.stat().st_size if is_own(partial) else 0
    if begun > release.bytes:
        begun = 0
    if begun == release.bytes:
        return
    free = shutil.disk_usage(partial.parent).free
    if free < release.bytes - begun:
        raise OSError(
            f"{release.file} takes {release.size}, but only {free / 1e6:.0f} MB are free in "
            f"{partial.parent}. Make room, or set SAM_EXPLORE_CACHE to another folder."
        )
    _say(
        f"Downloading {release.file} ({release.size}{', the rest' if begun else ''}) from "
        f"{release.url} to {target.parent}"
    )
    try:
        _receive(release, partial, begun)
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            partial.unlink()  # it is not the beginning of the server's file
        raise _failed(release, target, f"the server answers {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise _failed(release, target, f"no connection: {error.reason}") from error
    except (http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError) as error:
        raise _broke_off(release, partial) from error
    if partial.stat().st_size < release.bytes:
        raise _broke_off(release, partial)


def _receive(release: Release, partial: Path, begun: int) -> None:
    headers = {"User-Agent": "sam-explore"} | ({"Range": f"bytes={begun}-"} if begun else {})
    with connect(release.url, headers, _SILENCE) as answer:
        goes_on = bool(begun) and answer.status == http.client.PARTIAL_CONTENT
        begun = begun if goes_on else 0
        length = answer.headers["Content-Length"]
        if length is not None and (announced := _announced(length, begun)) != release.bytes:
            partial.unlink(missing_ok=True)
            what = "no number of bytes" if announced is None else f"{announced:,}"
            raise OSError(
                f"{release.url} should give {release.bytes:,} bytes of {release.file}, but the "
                f"server announces {what}. Something between here and there gives "
                "another file, such as a log-in page; nothing was kept."
            )
        with (
            open_own(partial) if goes_on else open_private(partial) as file,
            tqdm(total=release.bytes, initial=begun, unit="B", unit_scale=True) as bar,
        ):
            while chunk := answer.read(min(_CHUNK, release.bytes - file.tell() + 1)):
                file.write(chunk)
                bar.update(len(chunk))


def _announced(length: str, begun: int) -> int | None:
    """The size of the whole file from a header, None if that has no number."""
    return begun + int(length) if re.fullmatch(r"[0-9]{1,18}", length.strip()) else None


def _check(release: Release, partial: Path) -> None:
    found = sha256_of(partial)
    if found != release.sha256:
        partial.unlink()
        raise OSError(
            f"What came as {release.file} is not the official file: its SHA-256 is {found}, and "
            f"should be {release.sha256}. It was removed; ask again, and if it happens again, "
            "download it with another connection."
        )


def _failed(release: Release, target: Path, reason: str) -> OSError:
    way = through(release.url)
    return OSError(
        f"{release.file} could not be downloaded from {release.url}: {reason}"
        f"{f'; {way}' if way else ''}. Ask again later, or download it elsewhere and put it at "
        f"{target}."
    )


def _broke_off(release: Release, partial: Path) -> ConnectionError:
    done = partial.stat().st_size if partial.exists() else 0
    return ConnectionError(
        f"The download of {release.file} broke off after {done / 1e6:.0f} of {release.size}. What "
        "came is kept: ask again, and it goes on from there."
    )


def _say(sentence: str) -> None:
    tqdm.write(sentence, file=sys.stderr)
