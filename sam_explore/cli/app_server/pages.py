"""The pages: the list of chapters, each chapter, and whether the kernel of a page is alive."""

import asyncio
import os
from collections.abc import Sequence
from typing import Any, cast

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from nbformat import NotebookNode
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler, authenticated
from voila.handler import BaseVoilaHandler, VoilaHandler

from ...app_limits import MOST_UPLOADED_BYTES
from .chapters import Chapter, neighbours, without_python
from .errors import PlainErrors
from .kernels import LOST, UNKNOWN, NoRoom, PageKernels

# Browsers send it only with requests that our own pages make, or that a person types.
OWN = "sam-explore-own-page"
_IS_ALIVE = "voila_heartbeat()"  # the short part
_MOST_SILENT = 60  # short parts in a row, ten seconds each
_PIECE = 2**16  # characters that a reader has to take within the patience of the server


def note_own_page(page: RequestHandler) -> None:
    """Give the browser the cookie that it sends with the requests of our pages only."""
    path = page.settings["base_url"]
    page.set_cookie(OWN, "1", path=path, samesite="Strict", httponly=True)


class FirstPage(PlainErrors, BaseVoilaHandler):
    """The list of chapters; it starts nothing."""

    def initialize(self, chapters: Sequence[Chapter], **kwargs: Any) -> None:
        """Take the chapters in their order."""
        super().initialize(**kwargs)
        self._chapters = chapters

    @authenticated
    def get(self) -> None:
        """Show the list."""
        note_own_page(self)
        self.write(self.render_template("first_page.html", chapters=self._chapters))


class ChapterPage(PlainErrors, VoilaHandler):
    """A chapter, run in a kernel of its own."""

    def initialize(self, chapters: Sequence[Chapter], root: str, **kwargs: Any) -> None:
        """Take the chapters in their order, and the folder by which Voila names notebooks."""
        super().initialize(**kwargs)
        self._chapters = {each.name: each for each in chapters}
        self._root = root
        self.kernel_id: str | None = None  # set when it is started

    @authenticated
    async def get(self, name: str) -> None:
        """Run the notebook, and send the page as it becomes ready."""
        if name not in self._chapters:
            raise HTTPError(404)
        if self.get_cookie(OWN) is None:
            self._ask_again(name)
            return
        self._name = name
        self.notebook_path = os.path.relpath(self._chapters[name].notebook, self._root)
        try:
            await self._send()
        except NoRoom:
            self.set_status(503)
            self.set_header("Retry-After", "30")
            self.write(self.render_template("no_room.html"))
        except (StreamClosedError, TimeoutError):
            if self.kernel_id:
                await self.kernel_manager.end(self.kernel_id, LOST)
        finally:
            if self.kernel_id:
                self.kernel_manager.page_is_sent(self.kernel_id)

    async def _send(self) -> None:
        """Send each part as it becomes ready.

        While a part takes long Voila gives a short one now and then, also when it has given up.
        """
        kernels, silent = self.kernel_manager, 0
        async for part in self.get_generator():
            for start in range(0, len(part), _PIECE):
                self.write(part[start : start + _PIECE])
                await asyncio.wait_for(self.flush(), kernels.patience)
            silent = silent + 1 if _IS_ALIVE in part else 0
            if self.kernel_id not in kernels or silent == _MOST_SILENT:
                await kernels.end(self.kernel_id, UNKNOWN)
                self.write(
                    self.render_template("ended.html", why=kernels.why_ended(self.kernel_id))
                )
                return

    def _ask_again(self, name: str) -> None:
        """Send a page that asks for this one.

        So an image, a script or a style of another site starts no kernel: it has no such cookie,
        and does not ask again.
        """
        note_own_page(self)
        template = "no_cookie.html" if self.get_argument("again", None) else "ask_again.html"
        self.write(self.render_template(template, chapter=self._chapters[name]))

    def prepare_notebook(self, notebook: NotebookNode) -> None:
        """Take out what a page has no use for, and note what its template needs."""
        chapter = self._chapters[self._name]
        before, after = neighbours(list(self._chapters.values()), self._name)
        notebook.metadata.title = chapter.title
        notebook.metadata.sam_explore = {
            "previous": _named(before),
            "next": _named(after),
            "most_upload": MOST_UPLOADED_BYTES,
        }
        without_python(notebook)


def _named(chapter: Chapter | None) -> dict[str, str] | None:
    return {"name": chapter.name, "title": chapter.title} if chapter else None


def prepare_notebook(page: ChapterPage, notebook: NotebookNode, cwd: str) -> None:
    """What Voila calls before it starts a kernel for a notebook."""
    page.prepare_notebook(notebook)


class PageState(PlainErrors, JupyterHandler):
    """Tells a page that its kernel has ended, and why."""

    @authenticated
    def get(self, kernel_id: str) -> None:
        """204 while it has not, else 410 and a sentence."""
        kernels = cast(PageKernels, self.kernel_manager)
        kernels.page_asks(kernel_id)
        why = kernels.why_ended(kernel_id)
        if why is None:
            self.set_status(204)
            return
        self.set_status(410)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(why)


def page_routes(
    base_url: str, chapters: Sequence[Chapter], root: str, given: dict[str, Any]
) -> list[tuple]:
    """The addresses of the pages, for tornado.

    Args:
        base_url: how each address begins.
        chapters: in their order.
        root: the folder by which Voila names notebooks.
        given: Voila's settings for its handlers.
    """
    own = {"chapters": chapters, **given}
    return [
        (url_path_join(base_url, r"/"), FirstPage, own),
        (url_path_join(base_url, r"/chapters/([^/]+)"), ChapterPage, {"root": root, **own}),
        (url_path_join(base_url, r"/pages/([\w-]+)"), PageState),
    ]
