"""Downloads against a server on this machine: whole, cut short, wrong, and broken off."""

import hashlib
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import platformdirs
import pytest
import torch
from platformdirs import windows

import sam_explore as sx
from sam_explore.loading import OFFICIAL, Release, cache_folder, download, downloading

from ..checkpoints import CUSTOM, official_weights
from ..patience import PATIENCE_SECONDS


class Server(ThreadingHTTPServer):
    """Serves one file, as it is told to; remembers the `Range` of each request, or None."""

    daemon_threads = True

    def __init__(self, content: bytes):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = content
        self.status = 200
        self.ranges = True  # whether it can go on in the middle
        self.breaks_after: int | None = None  # bytes of one answer
        self.says_length = True
        self.says = ""  # in the place of the true length
        self.leads_to = ""  # the address of a redirect
        self.hold: threading.Event | None = None  # nothing is answered before this is set
        self.asked: list[str | None] = []

    def handle_error(self, request, client_address):
        """A client that hangs up is part of these tests."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        wanted = self.headers["Range"]
        server.asked.append(wanted)
        if server.hold:
            server.hold.wait(PATIENCE_SECONDS)
        start = int(wanted[len("bytes=") : -1]) if wanted and server.ranges else 0
        if server.status != 200 or start > len(server.content):
            self.send_error(server.status if server.status != 200 else 416)
            return
        if server.leads_to:
            self.send_response(302)
            self.send_header("Location", server.leads_to)
            self.end_headers()
            return
        body = server.content[start:]
        self.send_response(206 if start else 200)
        if server.says_length:
            self.send_header("Content-Length", server.says or str(len(body)))
        if start:
            end = len(server.content)
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
        self.end_headers()
        self.wfile.write(body[: server.breaks_after])
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """The release "vit_b" is now a small network on this machine, and the cache is empty."""
    torch.save(dict(official_weights()), tmp_path / "original.pth")
    content = (tmp_path / "original.pth").read_bytes()
    server = Server(content)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/sam_small.pth"
    release = Release(url, len(content), hashlib.sha256(content).hexdigest())
    monkeypatch.setitem(OFFICIAL, "vit_b", release)
    monkeypatch.setenv("SAM_EXPLORE_CACHE", str(tmp_path / "cache"))
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def target(tmp_path) -> Path:
    return tmp_path / "cache" / "sam_small.pth"


def files_in_cache() -> set[str]:
    return {file.name for file in cache_folder().iterdir() if not file.name.endswith(".lock")}


class TestGood:
    def test_asking_by_name_downloads_once_into_the_cache(self, server, target, capsys):
        assert sx.load("vit_b").config == CUSTOM
        assert target.read_bytes() == server.content
        assert files_in_cache() == {"sam_small.pth"}
        said = capsys.readouterr().err
        assert f"Downloading sam_small.pth ({len(server.content) / 1e6:.0f} MB) from http" in said
        assert f"to {target.parent}" in said
        assert "100%" in said

        sx.load("vit_b")
        assert server.asked == [None]
        assert "Downloading" not in capsys.readouterr().err

    def test_a_server_that_does_not_say_how_long_it_is(self, server, target):
        server.says_length = False

        assert download("vit_b") == target
        assert target.read_bytes() == server.content

    def test_what_is_there_is_checked_again_when_asked(self, server, target):
        download("vit_b")
        damaged = bytearray(server.content)
        damaged[1000] ^= 1
        target.write_bytes(damaged)

        download("vit_b")  # its size is right
        assert target.read_bytes() == damaged
        download("vit_b", recheck=True)
        assert target.read_bytes() == server.content

    def test_a_file_of_another_size_under_that_name_is_replaced(self, server, target):
        target.parent.mkdir()
        target.write_bytes(b"half of it")

        download("vit_b")
        assert target.read_bytes() == server.content

    def test_two_at_once_download_once(self, server, target, monkeypatch):
        second_waits = threading.Event()
        server.hold = second_waits  # the first is not served before the second is there
        monkeypatch.setattr(
            downloading,
            "_say",
            lambda sentence: second_waits.set() if "Another process" in sentence else None,
        )
        found = []
        threads = [threading.Thread(target=lambda: found.append(download("vit_b"))) for _ in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)

        assert second_waits.is_set()
        assert found == [target, target]
        assert server.asked == [None]


class TestBroken:
    def test_a_connection_that_breaks_off_goes_on_where_it_was(self, server, target):
        server.breaks_after = 50_000

        with pytest.raises(ConnectionError, match=r"broke off after 0 of .*ask again, and it goes"):
            download("vit_b")
        assert files_in_cache() == {"sam_small.pth.partial"}
        server.breaks_after = None
        download("vit_b")

        assert server.asked == [None, "bytes=50000-"]
        assert target.read_bytes() == server.content
        assert files_in_cache() == {"sam_small.pth"}

    def test_it_starts_again_if_the_server_can_not_resume(self, server, target):
        server.breaks_after = 50_000
        with pytest.raises(ConnectionError):
            download("vit_b")
        server.breaks_after, server.ranges = None, False

        download("vit_b")
        assert target.read_bytes() == server.content

    def test_a_server_that_says_no_length_and_stops_is_noticed(self, server, target):
        server.breaks_after, server.says_length = 50_000, False

        with pytest.raises(ConnectionError, match="broke off"):
            download("vit_b")
        assert not target.exists()

    def test_an_interrupted_download_is_kept_too(self, server, target, monkeypatch):
        def stop(*_):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(downloading.tqdm, "update", stop)
            with pytest.raises(KeyboardInterrupt):
                download("vit_b")
        assert files_in_cache() == {"sam_small.pth.partial"}

        download("vit_b")
        assert target.read_bytes() == server.content

    def test_a_shorter_file_is_refused_before_it_is_fetched(self, server, target):
        server.content = server.content[:-1000]

        with pytest.raises(OSError, match=r"should give .* bytes .* nothing was kept"):
            download("vit_b")
        assert files_in_cache() == set()

    def test_a_beginning_longer_than_what_the_server_has_is_given_up(self, server, target):
        target.parent.mkdir()
        (target.parent / "sam_small.pth.partial").write_bytes(server.content[:-5])
        server.content = server.content[:100]

        with pytest.raises(OSError, match="416"):
            download("vit_b")
        assert files_in_cache() == set()

    @pytest.mark.parametrize("begun", [0, 100], ids=["from the start", "in the middle"])
    def test_a_wrong_file_of_the_right_size_is_removed(self, server, target, begun):
        target.parent.mkdir()
        if begun:
            (target.parent / "sam_small.pth.partial").write_bytes(b"x" * begun)
        server.content = server.content[:-1] + b"!"

        with pytest.raises(OSError, match=r"not the official file: its SHA-256 is [0-9a-f]{64}"):
            download("vit_b")
        assert files_in_cache() == set()

    def test_a_longer_file_without_a_length_is_removed(self, server, target):
        server.content, server.says_length = server.content + b"more", False

        with pytest.raises(OSError, match="not the official file"):
            download("vit_b")
        assert files_in_cache() == set()

    def test_what_the_server_refuses_is_reported_with_a_way_out(self, server, target):
        server.status = 404

        with pytest.raises(OSError, match=r"answers 404 Not Found.* elsewhere and put it at") as no:
            download("vit_b")
        assert str(target) in str(no.value)

    def test_no_server_at_all_is_reported(self, server, target, monkeypatch):
        release = OFFICIAL["vit_b"]
        elsewhere = Release("http://127.0.0.1:9/sam_small.pth", release.bytes, release.sha256)
        monkeypatch.setitem(OFFICIAL, "vit_b", elsewhere)

        with pytest.raises(OSError, match=r"sam_small.pth could not be downloaded.*no connection"):
            sx.load("vit_b")

    def test_a_silent_server_is_given_up(self, server, target, monkeypatch):
        monkeypatch.setattr(downloading, "_SILENCE", 0.05)
        server.hold = threading.Event()

        with pytest.raises(ConnectionError, match="broke off"):
            download("vit_b")
        server.hold.set()
        assert not target.exists()

    def test_a_full_disk_is_reported_before(self, server, target, monkeypatch):
        usage = downloading.shutil.disk_usage(".")._replace(free=1000)
        monkeypatch.setattr(downloading.shutil, "disk_usage", lambda folder: usage)

        with pytest.raises(OSError, match=r"only 0 MB are free in .*SAM_EXPLORE_CACHE"):
            download("vit_b")
        assert server.asked == []


class TestReleases:
    def test_sizes_and_digests_are_the_official_ones(self):
        assert {name: release.bytes for name, release in OFFICIAL.items()} == {
            "vit_b": 375_042_383,
            "vit_l": 1_249_524_607,
            "vit_h": 2_564_550_879,
        }
        for name, release in OFFICIAL.items():
            assert release.file.startswith(f"sam_{name}_")
            assert len(bytes.fromhex(release.sha256)) == 32

    def test_importing_and_loading_the_toy_open_no_connection(self, tmp_path):
        code = (
            "import socket\n"
            "def no(*_): raise SystemExit('a connection was opened')\n"
            "socket.socket.connect = socket.create_connection = socket.getaddrinfo = no\n"
            "import sam_explore as sx\n"
            "from sam_explore import cli, loading, probes, widgets\n"
            "sx.load()\n"
            "cli.main(['info'])\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env={**os.environ, "SAM_EXPLORE_CACHE": str(tmp_path / "cache")},
        )
        assert done.returncode == 0, done.stderr
        assert not (tmp_path / "cache").exists()

    @pytest.mark.skipif(sys.platform != "linux", reason="each system has its own place")
    def test_the_cache_folder_follows_the_systems_convention(self, tmp_path, monkeypatch):
        monkeypatch.delenv("SAM_EXPLORE_CACHE", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert cache_folder() == tmp_path / "sam-explore"

    def test_windows_keeps_the_folder_that_it_always_had(self, tmp_path, monkeypatch):
        monkeypatch.delenv("SAM_EXPLORE_CACHE", raising=False)
        monkeypatch.setattr(windows, "get_win_folder", lambda name: str(tmp_path))
        monkeypatch.setattr(platformdirs, "PlatformDirs", windows.Windows)
        assert cache_folder() == tmp_path / "sam-explore"
