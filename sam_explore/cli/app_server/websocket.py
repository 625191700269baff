"""The connection between a page and its kernel: one protocol, whole messages, a bounded backlog.

Voila looks for a header in each message that the kernel sends, and takes for granted that it is in
the newer of two formats. In the older one the first bytes are other numbers; read as a count, they
keep the server in a loop that allocates memory for ever. So a connection without the newer format
is refused. The count in a message from the page is read in the same way, so it is checked first.
"""

from asyncio import Future
from itertools import pairwise
from typing import Any

from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from .errors import PlainErrors

PROTOCOL = "v1.kernel.websocket.jupyter.org"
_NUMBER = 8  # bytes of a number at the start of a message, the lowest first
_PARTS = 4  # header, parent header, metadata and content; then come buffers
_MOST_BUFFERS = 1000
_MOST_HEADER = 2**16  # bytes; the server reads the header of each message
_MOST_CONNECTIONS = 4  # to one kernel; a page has one, and another for a moment when it reconnects
_MOST_WAITING = 64 * 2**20  # bytes that were sent and that the page has not taken yet


class PageWebsocket(PlainErrors, VoilaKernelWebsocketHandler):
    """The websocket that a page opens to its kernel."""

    _waiting = 0

    async def get(self, kernel_id: str) -> None:
        """Refuse what does not offer the protocol, else connect."""
        offered = self.request.headers.get("Sec-WebSocket-Protocol", "")
        if PROTOCOL not in [each.strip() for each in offered.split(",")]:
            raise HTTPError(400, f"Expected the subprotocol {PROTOCOL}.")
        if self.kernel_manager.connections(kernel_id) >= _MOST_CONNECTIONS:
            raise HTTPError(429, "This kernel has its page.")
        with self.kernel_manager.connection(kernel_id):
            await super().get(kernel_id)  # type: ignore[misc]  # returns when it is closed

    def select_subprotocol(self, subprotocols: list[str]) -> str:
        """The only one, whatever the settings say."""
        return PROTOCOL

    def on_message(self, message: str | bytes) -> None:
        """Pass a message on to the kernel, or end the connection if it is not whole."""
        if isinstance(message, str) or not is_whole(message):
            self.log.warning("A page sent what is no message. Its connection is closed.")
            self.close(1002, "This is no message of Jupyter's.")
            return
        super().on_message(message)

    def write_message(
        self, message: bytes | str | dict[str, Any], binary: bool = False
    ) -> "Future[None] | None":
        """Send a message to the page; a page that takes none any more loses its connection."""
        size = len(message)
        if self._waiting + size > _MOST_WAITING and self._waiting:
            self.log.warning("A page does not take what it is sent. Its connection is closed.")
            self.close(1008, "Too much is waiting to be taken.")
            raise WebSocketClosedError
        sent = super().write_message(message, binary)
        if sent is None:  # messages that are not for pages
            return None
        self._waiting += size

        def taken(_: object) -> None:
            self._waiting -= size

        sent.add_done_callback(taken)
        return sent


def is_whole(message: bytes) -> bool:
    """Whether the places that a message states for its parts are in it and in order.

    A message begins with the number of places, then comes each place: where the name of the channel
    begins, where each part begins, and where the last one ends.
    """
    count = int.from_bytes(message[:_NUMBER], "little")
    if not _PARTS + 2 <= count <= _PARTS + 2 + _MOST_BUFFERS:
        return False
    numbers = range(_NUMBER, _NUMBER * (count + 1), _NUMBER)
    places = [int.from_bytes(message[each : each + _NUMBER], "little") for each in numbers]
    in_order = all(first <= second for first, second in pairwise(places))
    starts_after = places[0] == _NUMBER * (count + 1)
    header = places[2] - places[1]
    return in_order and starts_after and places[-1] == len(message) and header <= _MOST_HEADER
