"""What a page may send to its kernel, and how much may wait for it."""

from asyncio import Future, run, sleep

import pytest
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1
from tornado.websocket import WebSocketClosedError
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from sam_explore.cli.app_server.websocket import PageWebsocket, is_whole

PARTS = [b'{"msg_type": "comm_msg"}', b"{}", b"{}", b'{"comm_id": "a"}']


def number(value: int) -> bytes:
    return value.to_bytes(8, "little")


@pytest.mark.parametrize("buffers", [[], [b"\xff" * 1000], [b"", b"abc"]])
def test_what_a_page_sends_is_whole(buffers: list[bytes]):
    assert is_whole(serialize_msg_to_ws_v1([*PARTS, *buffers], "shell"))


def test_a_message_by_hand():
    # Six places: the channel "io" begins at 56, after seven numbers, and each part has one byte.
    places = [56, 58, 59, 60, 61, 62]
    message = number(6) + b"".join(map(number, places)) + b"io" + b"abcd"
    assert is_whole(message)
    for at, wrong in [(0, 55), (2, 57), (5, 61), (5, 63), (5, 2**63)]:
        changed = [wrong if index == at else place for index, place in enumerate(places)]
        assert not is_whole(number(6) + b"".join(map(number, changed)) + b"io" + b"abcd")
    assert not is_whole(message[:-1])
    assert not is_whole(message + b"e")


@pytest.mark.parametrize(
    "message",
    [
        b"",
        number(0),
        number(5) * 6,
        number(2**64 - 1) * 8,
        number(10**6) + b"\0" * 100,
        serialize_msg_to_ws_v1([b" " * 70_000, *PARTS[1:]], "shell"),
        serialize_msg_to_ws_v1([*PARTS, *[b""] * 1001], "shell"),
    ],
    ids=["nothing", "no places", "five", "2**64", "a million", "long header", "many buffers"],
)
def test_what_is_no_message(message: bytes):
    assert not is_whole(message)


def test_a_page_that_takes_nothing_loses_its_connection(monkeypatch: pytest.MonkeyPatch):
    run(send_too_much(monkeypatch))


async def send_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    sent, closed = [], []

    def send(self: PageWebsocket, message: bytes, binary: bool) -> Future:
        sent.append(Future())
        return sent[-1]

    monkeypatch.setattr(VoilaKernelWebsocketHandler, "write_message", send)
    monkeypatch.setattr(PageWebsocket, "close", lambda self, *why: closed.append(why))
    page = PageWebsocket.__new__(PageWebsocket)
    part = bytes(24 * 2**20)
    page.write_message(part, True)
    page.write_message(part, True)
    sent[0].set_result(None)  # taken
    await sleep(0)
    page.write_message(part, True)
    assert not closed
    with pytest.raises(WebSocketClosedError):
        page.write_message(part, True)
    assert closed
