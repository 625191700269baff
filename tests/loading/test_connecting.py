"""What stands between here and a server, and what a cache folder may hold: proxies, redirects,
links."""

import os
import stat
from http.client import HTTPMessage
from urllib.request import Request

import pytest

from sam_explore.loading import OFFICIAL, download
from sam_explore.loading.connecting import _HttpsOnly

from .test_downloading import files_in_cache, server, target

__all__ = ["server", "target"]  # fixtures


class TestServers:
    @pytest.mark.parametrize("length", ["abc", "-5", "1_000", "1e6", "9" * 5000, "٣"])
    def test_a_length_that_is_no_number_is_refused_in_words(self, server, target, length):
        server.says = length
        if not length.isascii():
            server.says = length.encode().decode("latin-1")

        with pytest.raises(OSError, match=r"the server announces no number of bytes.*log-in page"):
            download("vit_b")
        assert files_in_cache() == set()

    @pytest.mark.parametrize(
        "address",
        ["http://127.0.0.1:9/sam.pth", "file:///etc/passwd", "ftp://127.0.0.1/a", "/other.pth", ""],
    )
    def test_a_redirect_to_anything_but_https_is_refused(self, server, target, address):
        server.leads_to = address or "gopher://a"

        with pytest.raises(OSError, match=r"leads on to an address of another kind than https"):
            download("vit_b")
        assert len(server.asked) == 1
        assert files_in_cache() == set()

    def test_a_redirect_to_https_is_followed(self):
        headers = HTTPMessage()
        headers["Location"] = "https://elsewhere.example/sam.pth"
        request, asked = Request("https://a.example/sam.pth"), []
        handler = _HttpsOnly()
        handler.parent = type("Opener", (), {"open": lambda _, new, **rest: asked.append(new)})()
        request.timeout = 1
        answer = type("Answer", (), {"read": lambda _: b"", "close": lambda _: None})()

        handler.http_error_307(request, answer, 307, "", headers)

        assert [new.full_url for new in asked] == ["https://elsewhere.example/sam.pth"]


class TestProxies:
    def test_one_that_fails_is_named_without_its_password(self, server, target, monkeypatch):
        monkeypatch.setenv("http_proxy", "http://me:secret@127.0.0.1:9")

        with pytest.raises(OSError, match=r"through the proxy http://127\.0\.0\.1:9, which") as no:
            download("vit_b")
        assert "http_proxy names" in str(no.value)
        assert "secret" not in str(no.value)
        assert server.asked == []

    @pytest.mark.parametrize("name", ["http_proxy", "ALL_PROXY"])
    @pytest.mark.parametrize("kind", ["socks5", "socks5h", "SOCKS4"])
    def test_socks_is_said_to_be_unsupported(self, server, target, monkeypatch, name, kind):
        monkeypatch.setenv(name, f"{kind}://me:secret@127.0.0.1:9")

        with pytest.raises(OSError, match=r"SOCKS is not supported.* Set https_proxy") as no:
            download("vit_b")
        assert "secret" not in str(no.value)
        assert server.asked == []

    def test_one_that_is_not_for_this_server_is_left_alone(self, server, target, monkeypatch):
        monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:9")
        monkeypatch.setenv("no_proxy", "127.0.0.1")

        assert download("vit_b") == target

    def test_a_proxy_from_all_proxy_only_is_reported_as_not_used(self, server, target, monkeypatch):
        monkeypatch.setenv("all_proxy", "http://127.0.0.1:9")
        server.status = 404

        with pytest.raises(OSError, match="all_proxy is set, and not used here: set https_proxy"):
            download("vit_b")


class TestCacheFolder:
    def test_one_that_can_not_be_made_names_the_variable(self, server, target, monkeypatch):
        target.parent.write_bytes(b"")  # a file is in its place

        for place in (target.parent, target.parent / "below"):
            monkeypatch.setenv("SAM_EXPLORE_CACHE", str(place))
            with pytest.raises(OSError, match=r"can't be made or .*SAM_EXPLORE_CACHE names it\."):
                download("vit_b")
        assert server.asked == []

    @pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
    @pytest.mark.parametrize("kind", ["symbolic", "dangling", "hard"])
    def test_nothing_is_written_through_a_link(self, server, target, tmp_path, kind):
        precious = tmp_path / "precious"
        precious.write_bytes(b"x" * 100)
        target.parent.mkdir()
        partial = target.parent / "sam_small.pth.partial"
        if kind == "hard":
            partial.hardlink_to(precious)
        else:
            partial.symlink_to(tmp_path / "none" if kind == "dangling" else precious)

        assert download("vit_b") == target

        assert precious.read_bytes() == b"x" * 100
        assert not (tmp_path / "none").exists()
        assert target.read_bytes() == server.content
        assert not target.is_symlink()
        assert server.asked == [None]  # what was there is no beginning of ours

    @pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
    def test_nor_is_the_lock(self, server, target, tmp_path):
        precious = tmp_path / "precious"
        precious.write_bytes(b"x" * 100)
        target.parent.mkdir()
        (target.parent / "sam_small.pth.lock").symlink_to(precious)

        with pytest.raises(OSError, match="can't be made or written to"):
            download("vit_b")
        assert precious.read_bytes() == b"x" * 100

    @pytest.mark.skipif(os.name != "posix", reason="rights are others elsewhere")
    def test_what_came_so_far_is_private_and_the_whole_file_is_as_others(self, server, target):
        server.breaks_after = 50_000
        with pytest.raises(ConnectionError):
            download("vit_b")
        (partial,) = target.parent.glob("*.partial")
        assert stat.S_IMODE(partial.stat().st_mode) == 0o600

        server.breaks_after = None
        download("vit_b")

        (target.parent / "another").write_bytes(b"")
        assert target.stat().st_mode == (target.parent / "another").stat().st_mode

    def test_a_folder_that_can_not_be_made_is_reported_without_the_variable_too(
        self, target, tmp_path, monkeypatch
    ):
        (tmp_path / "file").write_bytes(b"")
        monkeypatch.delenv("SAM_EXPLORE_CACHE", raising=False)
        for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
            monkeypatch.setenv(name, str(tmp_path / "file"))

        with pytest.raises(OSError, match=r"can't be made .* Set SAM_EXPLORE_CACHE to a folder"):
            download("vit_b")
        assert "vit_b" in OFFICIAL
