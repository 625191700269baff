"""A JupyterLab page that tests share until one fails."""

from playwright.sync_api import BrowserContext

from .lab import Lab
from .server import WARM, Server


class KeptPage:
    """Gives tests a JupyterLab in which nothing is open, and whose server has no kernel."""

    def __init__(self, context: BrowserContext, server: Server):
        self._context = context
        self._server = server
        self._kept: Lab | None = None

    def again(self) -> Lab:
        """In the page that the last test has left, if it was kept."""
        if self._kept is None:
            self._kept = Lab(self._context.new_page(), self._server, kernel=WARM, stays=True)
        return self._kept

    def fresh(self, cold: bool) -> Lab:
        """In a page of its own, where kernels start from nothing if they are to be cold."""
        kernel = "python3" if cold else WARM
        return Lab(self._context.new_page(), self._server, kernel=kernel)

    def done(self, lab: Lab, *, keep: bool) -> None:
        """Close what a test has opened, and its page too unless it is for the next test."""
        if keep:
            lab.close_all()
        else:
            lab.page.close()
            self._kept = self._kept if lab is not self._kept else None
        self._server.stop_kernels()
        if keep:
            lab.forget_errors()  # of connections to kernels that have just ended
