"""`sam-explore app` as an operator starts it, and visitors who are no browsers."""

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path

from websocket import WebSocket, create_connection

from sam_explore.cli.app_server.websocket import PROTOCOL

from ..patience import PATIENCE_SECONDS
from .server import end, environment, free_port

COMMAND = str(Path(sys.executable).with_name("sam-explore"))


@dataclass(frozen=True)
class App:
    """A running app: where it listens, the word that opens it, its log, and its process."""

    host: str
    token: str
    log: Path
    process: int

    @property
    def first(self) -> str:
        """The address of the first page, with the token."""
        return f"http://{self.host}/?token={self.token}"

    def chapter(self, name: str, more: str = "") -> str:
        """The address of a chapter, with the token."""
        return f"http://{self.host}/chapters/{name}?token={self.token}{more}"

    def count(self, words: str) -> int:
        """How often these words were logged, such as "Kernel started"."""
        return self.log.read_text("utf-8").count(words)

    def wait_for(self, words: str, times: int) -> None:
        """Wait until they were logged so many times."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.count(words) < times:
            assert time.monotonic() < deadline, self.log.read_text("utf-8")[-3000:]
            time.sleep(0.05)


@contextmanager
def running_app(folder: Path, notebooks: Sequence[str], *options: str) -> Iterator[App]:
    """Start the app on notebooks of a folder, in this order."""
    port, log = free_port(), folder / "log"
    chapters = [f"--AppServer.chapters={folder / each}" for each in notebooks]
    command = [COMMAND, "app", notebooks[0], "--no-browser", f"--port={port}", *options]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *chapters, "--Voila.port_retries=0"],
            cwd=folder,
            env=environment(folder / "jupyter"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (told := re.search(r"http://(\S+?)/\?token=(\w+)", log.read_text("utf-8"))):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Voila did not start: {log.read_text('utf-8')[-3000:]}")
            time.sleep(0.1)
        yield App(*told.groups(), log, process.pid)
    finally:
        end(process)


@dataclass
class Visitor:
    """A program that asks as a browser does, keeps cookies, and says in headers what it likes."""

    app: App
    headers: dict[str, str] = field(default_factory=dict)
    cookies: CookieJar = field(default_factory=CookieJar)

    def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        """The status and the text of a page; redirections are not followed."""
        opener = urllib.request.build_opener(
            _Stay, urllib.request.HTTPCookieProcessor(self.cookies)
        )
        address = f"http://{self.app.host}{path}"
        request = urllib.request.Request(address, headers=self.headers, method=method)
        try:
            with opener.open(request, timeout=240) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def log_in(self) -> "Visitor":
        """Come with the token."""
        assert self.get(f"/?token={self.app.token}")[0] == 200
        return self

    def open_chapter(self, name: str) -> str:
        """Run a chapter; returns the name of its kernel.

        Pages of tests before may hold all places for a while: this one asks again, as a page does.
        """
        end = time.monotonic() + 60
        while (answer := self.get(f"/chapters/{name}"))[0] == 503 and time.monotonic() < end:
            time.sleep(1)
        status, text = answer
        assert status == 200, text
        return kernel_in(text)

    def connect(self, kernel: str, protocols: Sequence[str] = (PROTOCOL,)) -> WebSocket:
        """Open a websocket to a kernel, as its page does."""
        cookies = "; ".join(f"{each.name}={each.value}" for each in self.cookies)
        given = {each: self.headers.get(each) for each in ("Host", "Origin")}
        return create_connection(
            f"ws://{self.app.host}/api/kernels/{kernel}/channels?session_id={time.monotonic_ns()}",
            subprotocols=list(protocols),
            cookie=cookies,
            host=given["Host"],
            origin=given["Origin"],
            header={name: value for name, value in self.headers.items() if name not in given},
            timeout=240,
        )

    def wait_until_ended(self, kernel: str) -> str:
        """Wait until a kernel has ended; returns what its page is told."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (answer := self.get(f"/pages/{kernel}"))[0] != 410:
            assert answer[0] == 204
            assert time.monotonic() < deadline, "the kernel is still there"
            time.sleep(0.1)
        return answer[1]


def kernel_in(page: str) -> str:
    """The name of a page's kernel."""
    found = re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found, page[:3000]
    return json.loads(found[1])["kernelId"]


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *given: object) -> None:
        return None
