"""The kernels of all pages: as many as there is room for, and none without a page."""

import math
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

from jupyter_server import CallContext
from jupyter_server._tz import utcnow
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.ioloop import PeriodicCallback
from traitlets import Float, Int

DIED = (
    "This page has ended, most likely because it needed more memory than one page may use. What "
    "others do goes on. Reload the page to begin again."
)
REPLACED = (
    "This page has ended: nothing happened here for a while, and somebody else asked for a page. "
    "Reload it to begin again."
)
LOST = "This page has ended, since it was not connected for a while. Reload it to begin again."
UNKNOWN = "This page has ended. Reload it to begin again."

_ROUND = 2000  # milliseconds
_MOST_REMEMBERED = 1000


class NoRoom(Exception):
    """As many pages are open as may be."""


class PageKernels(AsyncMappingKernelManager):
    """Kernels that end with their page.

    A page shows that it is there by taking what it is sent, and from then on by its websocket, also
    while that waits to be accepted, or by asking whether its kernel has ended.
    """

    most = Int(40, config=True, help="How many pages may be open at a time.")
    patience = Float(60, config=True, help="Seconds that a kernel waits for its page.")
    idle = Float(900, config=True, help="Seconds without an event until a page may be replaced.")

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._starting = 0
        self._seen: dict[str, float] = {}
        self._connected: Counter[str] = Counter()
        self._why: dict[str, str] = {}
        self._rounds: PeriodicCallback | None = None

    async def start_kernel(self, **kwargs: Any) -> str:  # type: ignore[override]
        """Start a kernel for a page.

        Raises:
            NoRoom: as many pages are open as may be, and something happens in each of them.
        """
        while self._taken() >= self.most:
            await self._make_room()
        if self._rounds is None:
            self._rounds = PeriodicCallback(self.end_left, _ROUND)
            self._rounds.start()
        self._starting += 1
        try:
            kernel_id: str = await super().start_kernel(**kwargs)
            self._seen[kernel_id] = math.inf  # while the page is being sent
            if (page := CallContext.get(CallContext.JUPYTER_HANDLER)) is not None:
                page.kernel_id = kernel_id
        finally:
            self._starting -= 1
        return kernel_id

    def page_is_sent(self, kernel_id: str) -> None:
        """From now on the kernel waits for its page to connect."""
        if kernel_id in self._seen:
            self._seen[kernel_id] = time.monotonic()

    def page_asks(self, kernel_id: str) -> None:
        """The page is there, though it may still be loading its scripts over a slow network."""
        if self._seen.get(kernel_id) != math.inf:
            self.page_is_sent(kernel_id)

    def connections(self, kernel_id: str) -> int:
        """How many websockets there are to this kernel, or wait to be accepted."""
        return self._connected[kernel_id]

    @contextmanager
    def connection(self, kernel_id: str) -> Iterator[None]:
        """While this lasts the page has a websocket, or asks for one.

        A websocket is accepted when its kernel answers, and a busy one can take a minute for that.
        """
        if kernel_id not in self._seen:
            yield
            return
        self._connected[kernel_id] += 1
        try:
            yield
        finally:
            if kernel_id in self._seen:
                self._connected[kernel_id] -= 1
                self.page_is_sent(kernel_id)

    async def end(self, kernel_id: str, why: str) -> None:
        """End a kernel, and remember the reason for its page."""
        self._remember(kernel_id, why)
        if kernel_id in self:
            await self.shutdown_kernel(kernel_id, now=True)

    def why_ended(self, kernel_id: str) -> str | None:
        """A sentence for a page whose kernel has ended; None while it has not."""
        return None if kernel_id in self else self._why.get(kernel_id, UNKNOWN)

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel that has ended."""
        self._seen.pop(kernel_id, None)
        self._connected.pop(kernel_id, None)
        return super().remove_kernel(kernel_id)

    def _handle_kernel_died(self, kernel_id: str) -> None:
        self._remember(kernel_id, DIED)
        super()._handle_kernel_died(kernel_id)

    def _taken(self) -> int:
        return len(self._seen) + self._starting

    async def _make_room(self) -> None:
        now = utcnow()
        idle = {each: (now - self._last_activity(each)) for each in self._seen}
        longest = max(idle, key=lambda each: idle[each], default=None)
        if longest is None or idle[longest].total_seconds() < self.idle:
            raise NoRoom
        await self.end(longest, REPLACED)

    def _last_activity(self, kernel_id: str) -> datetime:
        kernel: Any = self.get_kernel(kernel_id)  # jupyter_server gives it this attribute
        return cast(datetime, kernel.last_activity)

    async def end_left(self) -> None:
        """End the kernels that have waited too long for their page."""
        latest = time.monotonic() - self.patience
        for kernel_id, seen in list(self._seen.items()):
            if not self._connected[kernel_id] and seen < latest:
                self.log.info("The page of kernel %s is gone.", kernel_id)
                await self.end(kernel_id, LOST)

    def _remember(self, kernel_id: str, why: str) -> None:
        self._why.setdefault(kernel_id, why)
        while len(self._why) > _MOST_REMEMBERED:
            del self._why[next(iter(self._why))]
