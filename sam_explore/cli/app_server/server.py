"""Voila with our pages, handlers, limits and a token."""

import sys
import tempfile
import threading
import webbrowser
from pathlib import Path
from typing import Any

from jupyter_server.utils import url_path_join
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.web import Application, HTTPError, RequestHandler
from traitlets import List, Unicode, default
from voila.app import Voila
from voila.static_file_handler import AllowListFileHandler, TemplateStaticFileHandler
from voila.tornado.contentshandler import VoilaContentsHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler
from voila.tornado.treehandler import TornadoVoilaTreeHandler

from sam_explore.markup import element

from .chapters import read_chapter
from .limits import MOST_MESSAGE
from .pages import page_routes, prepare_notebook
from .requests import Rules
from .websocket import PageWebsocket

TEMPLATES = Path(__file__).parent / "templates"

_LIMITS = {
    "idle_connection_timeout": 60,  # seconds, also for a request whose headers never end
    "body_timeout": 60,
    "max_body_size": 2**20,  # bytes; pages send forms of a few lines
    "max_buffer_size": 2 * MOST_MESSAGE,  # by default 100 MB, and a longer message ends there
}
_MOST_FILES = 2**14
# Of Voila's handlers: they show files and folders.
_LEFT_OUT = {
    AllowListFileHandler,
    TornadoVoilaHandler,
    TornadoVoilaTreeHandler,
    VoilaContentsHandler,
}


class TemplateFiles(TemplateStaticFileHandler):
    """Scripts and styles of a template; an address that names none is no error of the server's."""

    async def get(self, path: str, include_body: bool = True) -> None:
        """Send the file."""
        try:
            await super().get(path, include_body)
        except (AssertionError, TypeError, ValueError):
            raise HTTPError(404) from None


_REPLACED = {
    VoilaKernelWebsocketHandler: PageWebsocket,
    TemplateStaticFileHandler: TemplateFiles,
}


class AppServer(Voila):
    """Voila for pages that others on a network may open."""

    aliases = {**Voila.aliases, "ip": "Voila.ip"}  # noqa: RUF012 as traitlets wants it

    chapters = List(Unicode(), config=True, help="The paths of the notebooks, in order.")
    template_paths: Any  # of Voila
    opened = Unicode("", config=True, help="The name of the chapter that the browser opens.")
    names = List(Unicode(), config=True, help="Names by which browsers may ask for this server.")

    @default("auto_token")
    def _default_auto_token(self) -> bool:
        return True

    def setup_template_dirs(self) -> None:
        """Ours first."""
        super().setup_template_dirs()
        theirs: list[str] = self.template_paths
        self.template_paths = [str(TEMPLATES), *theirs]

    def start(self) -> None:
        """Listen until stopped; as Voila does, with an application of ours."""
        _allow_files()
        self.connection_dir = tempfile.mkdtemp(prefix="voila_", dir=self.connection_dir_root)
        rules = Rules.of(self.ip, self.names)
        self.app = GuardedApplication(rules, **self.init_settings())
        self.app.settings.update(self.tornado_settings)
        self.app.add_handlers(".*$", self.init_handlers())
        self.listen()

    def init_handlers(self) -> list[tuple]:
        """Voila's without those that show files, and ours."""
        theirs = [
            (path, _REPLACED.get(handler, handler), *more)
            for path, handler, *more in super().init_handlers()
            if handler not in _LEFT_OUT
        ]
        chapters = [read_chapter(Path(each)) for each in self.chapters]
        self.voila_configuration.prelaunch_hook = prepare_notebook
        given = {
            "template_paths": self.template_paths,
            "config": self.config,
            "voila_configuration": self.voila_configuration,
        }
        return [*page_routes(self.server_url, chapters, self.root_dir, given), *theirs]

    def launch_browser(self) -> None:
        """Open the first page, or the chapter that was asked for, with the token."""
        try:
            browser = webbrowser.get(self.browser or None)
        except webbrowser.Error as error:
            self.log.warning("No web browser was found: %s.", error)
            return
        place = url_path_join(self.connection_url, f"chapters/{self.opened}" if self.opened else "")
        # Through a file that only this user can read: all users see the arguments of a program.
        with tempfile.NamedTemporaryFile("w", suffix=".html", delete=False) as file:
            address = f"{place}?token={self.identity_provider.token}"
            file.write(element("meta", **{"http-equiv": "refresh", "content": f"0;url={address}"}))
        uri = Path(file.name).as_uri()
        threading.Thread(target=browser.open, args=(uri, self.webbrowser_open_new)).start()


def _allow_files() -> None:
    """A kernel takes about twenty files of the server, and processes begin with 256 or 1024."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


class GuardedApplication(Application):
    """Answers only requests that keep the rules, whatever they ask for."""

    def __init__(self, rules: Rules, **settings: Any):
        super().__init__(**settings)
        self._rules = rules

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """The handler of a request."""
        if why := self._rules.refusal(request):
            return self.get_handler_delegate(request, Refusal, {"why": why})
        return super().find_handler(request, **kwargs)

    def listen(self, port: int, address: str | None = None, **more: Any) -> HTTPServer:
        """Listen, with limits to what a request may send."""
        return super().listen(port, address, **{**_LIMITS, **more})


class Refusal(RequestHandler):
    """Says why a request is not answered."""

    def initialize(self, why: str) -> None:
        """Take the reason, a sentence."""
        self._why = why

    def prepare(self) -> None:
        """Answer, whatever the method is."""
        self.set_status(403)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(self._why)
