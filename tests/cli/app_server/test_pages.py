"""How a page is sent. Whole pages: tests/browser."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace

from sam_explore.cli.app_server.pages import ChapterPage


class Kernels(dict):
    """They wait for each piece."""

    patience = 60


def test_a_reader_is_given_time_for_each_piece_and_not_for_the_page():
    """A slow network takes longer for a large part than the server waits; each piece it takes."""
    part, taken = "<p>äöü</p>" * 100_000, []

    async def parts() -> AsyncIterator[str]:
        yield part

    async def take() -> None:
        await asyncio.sleep(0)

    page = SimpleNamespace(
        kernel_manager=Kernels({"0": None}),
        kernel_id="0",
        get_generator=parts,
        write=taken.append,
        flush=take,
    )
    asyncio.run(ChapterPage._send(page))
    assert "".join(taken) == part
    assert max(map(len, taken)) <= 2**16
