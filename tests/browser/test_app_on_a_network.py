"""The app where strangers reach it: hostile programs, other sites, more visitors than places."""

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

import psutil
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page
from websocket import (
    WebSocket,
    WebSocketBadStatusException,
    WebSocketConnectionClosedException,
    WebSocketException,
)

from sam_explore.app_limits import MOST_UPLOADED_BYTES

from .app import App, Visitor, kernel_in
from .canvas import Canvas
from .chromium import new_context
from .test_other_pages import SHELL

SCRIPT = "</style><img src=x onerror=window.harmed=1><script>window.harmed=1</script>"


@pytest.fixture
def visitor(app: App) -> Visitor:
    return Visitor(app).log_in()


@pytest.fixture(scope="module")
def kernel(app: App) -> Iterator[str]:
    """Of a page that stays open: one of the five places is taken."""
    visitor = Visitor(app).log_in()
    name = visitor.open_chapter("small")
    connection = visitor.connect(name)
    # It answers the server's pings only while it receives; without an answer in 90 s it is closed.
    Thread(target=_receive, args=(connection,), daemon=True).start()
    yield name
    connection.close()


def _receive(connection: WebSocket) -> None:
    with suppress(WebSocketException, OSError):
        while True:
            connection.recv()


@pytest.fixture
def logged_in(app: App, browser: Browser) -> Iterator[BrowserContext]:
    """A browser of its own that has come with the token."""
    with new_context(browser) as context:
        context.new_page().goto(app.first)
        yield context


class TestWebsocket:
    @pytest.mark.parametrize("protocols", [[], ["something.else"]])
    def test_without_the_protocol_it_is_refused(self, visitor: Visitor, kernel: str, protocols):
        with pytest.raises(WebSocketBadStatusException) as refused:
            visitor.connect(kernel, protocols)
        assert refused.value.status_code == 400
        assert visitor.get("/")[0] == 200

    @pytest.mark.parametrize(
        "message",
        [b"\xff" * 64, b"", (2**31).to_bytes(8, "little"), (6).to_bytes(8, "little") * 7],
        ids=["2**64 places", "nothing", "2**31 places", "places out of order"],
    )
    def test_a_message_that_is_none_ends_it(self, visitor: Visitor, kernel: str, message: bytes):
        connection = visitor.connect(kernel)
        connection.send_binary(message)
        assert_closed(connection)
        assert visitor.get("/")[0] == 200

    def test_text_ends_it(self, visitor: Visitor, kernel: str):
        connection = visitor.connect(kernel)
        connection.send(json.dumps({"channel": "shell", "header": {"msg_type": "comm_msg"}}))
        assert_closed(connection)

    def test_one_kernel_takes_few(self, visitor: Visitor, kernel: str):
        opened = [visitor.connect(kernel) for _ in range(3)]  # and its page has the first
        with pytest.raises(WebSocketBadStatusException) as refused:
            visitor.connect(kernel)
        assert refused.value.status_code == 429
        for each in opened:
            each.close()


def assert_closed(connection: WebSocket) -> None:
    """After what the kernel may have said first."""
    try:
        for _ in range(1000):
            connection.recv()
    except WebSocketConnectionClosedException:
        return
    raise AssertionError("the connection is still open")


class TestOverrides:
    def test_an_address_names_no_theme_and_no_template(self, logged_in: BrowserContext, app: App):
        page = logged_in.new_page()
        page.goto(app.chapter("small", f"&theme={SCRIPT}&template=reveal"))
        page.get_by_text("It ran.").wait_for()
        assert page.evaluate("window.harmed") is None
        assert "onerror" not in page.content()
        assert page.get_attribute("body", "data-jp-theme-name") == "JupyterLab Light"
        assert page.locator(".reveal").count() == 0


class TestToken:
    @pytest.mark.parametrize("path", ["/", "/chapters/small", "/pages/some-kernel"])
    def test_without_it_nothing_is_shown(self, app: App, path: str):
        started = app.count("Kernel started")
        for token in ("", "?token=wrong"):
            status, text = Visitor(app).get(path + token)
            assert status == 302
            assert "small" not in text
        assert app.count("Kernel started") == started

    def test_without_it_no_kernel_is_reached(self, app: App, kernel: str):
        stranger = Visitor(app)
        with pytest.raises(WebSocketBadStatusException) as refused:
            stranger.connect(kernel)
        assert refused.value.status_code == 403
        for path, method in [
            (f"/voila/api/shutdown/{kernel}", "POST"),
            (f"/api/kernels/{kernel}", "DELETE"),
        ]:
            assert stranger.get(path, method)[0] in (302, 403)
        assert Visitor(app).log_in().get(f"/pages/{kernel}")[0] == 204

    @pytest.mark.parametrize(
        "path",
        [
            "/voila/files/secret.png",
            "/voila/render/small.ipynb",
            "/voila/tree",
            "/voila/api/contents",
            "/small.ipynb",
            "/voila/static/../secret.png",
            "/voila/templates/lab/static/../../../../secret.png",
        ],
    )
    def test_no_file_is_served_not_even_with_it(self, app: App, visitor: Visitor, path: str):
        (app.log.parent / "secret.png").write_bytes(b"secret")
        for each in (Visitor(app), visitor):
            status, text = each.get(path)
            assert status in (403, 404)
            assert "secret" not in text.replace("secret.png", "")

    def test_nobody_sets_a_password(self, app: App, visitor: Visitor):
        assert "new_password" not in visitor.get("/login")[1]


class TestPlaces:
    def test_a_page_that_never_connects_loses_its_kernel(self, app: App, visitor: Visitor):
        kernel = visitor.open_chapter("small")
        assert visitor.get(f"/pages/{kernel}")[0] == 204
        app.wait_for(f"Kernel shutdown: {kernel}", 1)
        assert "not connected" in visitor.wait_until_ended(kernel)

    @pytest.mark.skipif(sys.platform != "linux", reason="else the path may be too long")
    def test_a_kernel_needs_no_port_which_another_program_may_take_first(
        self, app: App, kernel: str
    ):
        processes = psutil.Process(app.process).children(recursive=True)
        assert len(processes) >= 2  # the one that is forked, and a kernel
        ports = [each.net_connections("tcp") for each in processes]
        assert max(map(len, ports)) <= 1  # ipykernel's own, which no program can take in between

    def test_a_page_that_is_left_while_it_runs_loses_its_kernel(self, app: App, browser: Browser):
        started, ended = app.count("Kernel started"), app.count("Kernel shutdown")
        with new_context(browser) as context:
            page = context.new_page()
            page.goto(app.chapter("clicks"), wait_until="commit")
            app.wait_for("Kernel started", started + 1)
        app.wait_for("Kernel shutdown", ended + 1)

    def test_when_all_are_taken_the_next_is_told_and_comes_in_later(
        self, app: App, visitor: Visitor, kernel: str
    ):
        kernels, sockets = [kernel], []
        while (answer := visitor.get("/chapters/small"))[0] == 200:
            kernels.append(kernel_in(answer[1]))
            sockets.append(visitor.connect(kernels[-1]))  # so that it stays
            assert len(kernels) <= 5
        status, text = answer
        assert status == 503
        assert "All places are taken" in text
        assert visitor.get("/")[0] == 200  # the list needs none
        assert {visitor.get(f"/pages/{each}")[0] for each in kernels} == {204}
        assert visitor.get(f"/voila/api/shutdown/{kernels[-1]}", "POST")[0] == 204
        assert kernel_in(visitor.get("/chapters/small")[1]) not in kernels
        for each in sockets:
            each.close()


class TestOtherSites:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "evil.example"},
            {"Host": "evil.example:80"},
            {"Host": "1.2.3.4"},
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {
                "Sec-Fetch-Site": "cross-site",
                "Sec-Fetch-Mode": "no-cors",
                "Sec-Fetch-Dest": "image",
            },
            {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
            {
                "Sec-Fetch-Site": "cross-site",
                "Sec-Fetch-Mode": "navigate",
                "Sec-Fetch-Dest": "iframe",
            },
        ],
        ids=str,
    )
    def test_what_they_ask_for_is_refused(self, app: App, visitor: Visitor, kernel: str, headers):
        started = app.count("Kernel started")
        visitor.headers = headers
        for path in ("/", "/chapters/small", "/voila/static/voila.js", "/login"):
            assert visitor.get(path)[0] == 403
        assert visitor.get(f"/voila/api/shutdown/{kernel}", "POST")[0] == 403
        with pytest.raises(WebSocketBadStatusException) as refused:
            visitor.connect(kernel)
        assert refused.value.status_code == 403
        visitor.headers = {}
        assert visitor.get(f"/pages/{kernel}")[0] == 204
        assert app.count("Kernel started") == started

    def test_without_our_cookie_a_chapter_asks_again(self, app: App):
        """Browsers say where a request comes from only to https and to this machine."""
        started = app.count("Kernel started")
        status, text = Visitor(app).get(f"/chapters/small?token={app.token}")
        assert status == 200
        assert 'content="0;url=/chapters/small?again=1"' in text
        status, text = Visitor(app).get(f"/chapters/small?token={app.token}&again=1")
        assert "needs a cookie" in text
        assert app.count("Kernel started") == started

    def test_their_images_frames_and_scripts_start_nothing(
        self, app: App, logged_in: BrowserContext, elsewhere: str
    ):
        started, page = app.count("Kernel started"), logged_in.new_page()
        page.goto(elsewhere + app.chapter("small"))
        page.wait_for_function("window.failed === 3")
        page.wait_for_load_state("networkidle")
        assert app.count("Kernel started") == started

    def test_their_links_arrive(self, app: App, logged_in: BrowserContext, elsewhere: str):
        page = logged_in.new_page()
        page.goto(elsewhere + f"http://{app.host}/chapters/small")
        page.get_by_role("link").click()
        page.get_by_text("It ran.").wait_for()


class TestMemory:
    @pytest.mark.takes(20)
    def test_a_page_that_needs_too_much_is_told_and_others_go_on(
        self, app: App, browser: Browser, logged_in: BrowserContext
    ):
        greedy = logged_in.new_page()
        greedy.goto(app.chapter("greedy"))
        greedy.get_by_text("Click on an object to ask for its mask").first.wait_for()
        with new_context(browser) as context:
            other = context.new_page()
            other.goto(app.chapter("clicks"))
            other.get_by_text("Click on an object to ask for its mask").first.wait_for()
            greedy.get_by_role("button", name="Grow").click()
            greedy.get_by_text("one page may use 600 MB here").first.wait_for()
            stage = Canvas(greedy, greedy.locator("canvas").first)
            stage.click(SHELL)
            greedy.get_by_text("1 foreground point. Mask").first.wait_for()
            greedy.get_by_role("button", name="End").click()
            greedy.get_by_role("alert").get_by_text("more memory than one page may").wait_for()
            Canvas(other, other.locator("canvas").first).click(SHELL)
            other.get_by_text("1 foreground point. Mask").first.wait_for()
            assert other.get_by_role("alert").count() == 0
        greedy.get_by_role("alert").get_by_role("button", name="Reload").click()
        greedy.get_by_text("Click on an object to ask for its mask").first.wait_for()


class TestUploads:
    @pytest.mark.takes(20)
    def test_they_arrive_up_to_the_limit_and_beyond_it_that_is_told(
        self, app: App, logged_in: BrowserContext, tmp_path: Path
    ):
        picture = BytesIO()
        Image.new("RGB", (60, 40), (200, 120, 40)).save(picture, "png")
        largest, larger = tmp_path / "largest.png", tmp_path / "larger.png"
        for file, size in ((largest, MOST_UPLOADED_BYTES), (larger, MOST_UPLOADED_BYTES + 1)):
            file.write_bytes(picture.getvalue().ljust(size, b"\0"))  # behind the picture's end
        page = logged_in.new_page()
        page.goto(app.chapter("clicks"))
        page.get_by_text("Picture and model").first.click()
        page.get_by_text("An upload may have up to 64 MB.").wait_for()
        upload(page, larger)
        page.get_by_text("larger.png is larger than 64 MB, more than this server takes.").wait_for()
        page.get_by_role("alert").get_by_role("button", name="Close").click()
        upload(page, largest)
        page.get_by_text("The picture is 60 wide and 40 high.").wait_for()


def upload(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload").first.click()
    chooser.value.set_files(file)


@pytest.fixture
def elsewhere(app: App) -> Iterator[str]:
    """The start of an address of another site; the end is the address that its page attacks."""
    page = """<!DOCTYPE html>
<script>window.failed = 0; const count = () => window.failed += 1</script>
<a href="{0}">link</a><iframe src="{0}"></iframe>
<img src="{0}" onerror="count()"><script src="{0}" onerror="count()"></script>
<script>fetch("{0}", {{credentials: "include"}}).catch(count)</script>"""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.format(self.path[1:]).encode())

        def log_message(self, *given: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        other = "127.0.0.1" if app.host.startswith("localhost") else "localhost"
        yield f"http://{other}:{server.server_address[1]}/"
        server.shutdown()
