"""How many kernels there are, and for how long: with kernels that are none. Real ones:
tests/browser."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from jupyter_server._tz import utcnow
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from sam_explore.cli.app_server.kernels import DIED, LOST, REPLACED, UNKNOWN, NoRoom, PageKernels


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[PageKernels], Awaitable]], None]:
    """Runs a test with a manager for two pages, whose kernels are called 0, 1, 2 and so on."""

    async def start(self: PageKernels, **kwargs: object) -> str:
        name = str(self.begun)
        self.begun += 1
        await asyncio.sleep(0)
        self._kernels[name] = SimpleNamespace(last_activity=utcnow())
        return name

    async def shut_down(self: PageKernels, kernel_id: str, now: bool = False) -> None:
        self.remove_kernel(kernel_id)

    monkeypatch.setattr(AsyncMappingKernelManager, "start_kernel", start)
    monkeypatch.setattr(AsyncMappingKernelManager, "shutdown_kernel", shut_down)
    monkeypatch.setattr(PageKernels, "begun", 0, raising=False)

    def run(test: Callable[[PageKernels], Awaitable]) -> None:
        async def with_kernels() -> None:
            await test(PageKernels(most=2, patience=0))

        asyncio.run(with_kernels())

    return run


def ids(kernels: PageKernels) -> list[str]:
    return sorted(kernels.list_kernel_ids())


def test_there_is_room_for_so_many_also_when_they_come_together(run):
    async def come(kernels: PageKernels) -> None:
        came = [kernels.start_kernel() for _ in range(4)]
        answers = await asyncio.gather(*came, return_exceptions=True)
        assert [type(each) for each in answers] == [str, str, NoRoom, NoRoom]
        await kernels.end("0", LOST)
        assert await kernels.start_kernel() == "2"

    run(come)


def test_one_that_was_idle_for_long_makes_room(run):
    async def come(kernels: PageKernels) -> None:
        for _ in range(2):
            await kernels.start_kernel()
        for name, seconds in (("0", 1000), ("1", 2000)):
            ago = timedelta(seconds=seconds)
            kernels.get_kernel(name).last_activity = utcnow() - ago
        assert await kernels.start_kernel() == "2"
        assert ids(kernels) == ["0", "2"]
        assert kernels.why_ended("1") == REPLACED
        kernels.get_kernel("0").last_activity = utcnow() - timedelta(seconds=899)
        with pytest.raises(NoRoom):
            await kernels.start_kernel()

    run(come)


def test_a_kernel_waits_for_its_page_once_that_was_sent(run):
    async def wait(kernels: PageKernels) -> None:
        for _ in range(2):
            await kernels.start_kernel()
        await kernels.end_left()
        assert ids(kernels) == ["0", "1"]  # their pages are being sent
        for name in ("0", "1"):
            kernels.page_is_sent(name)
        with kernels.connection("0"):  # asked for; it need not be accepted yet
            await kernels.end_left()
            assert ids(kernels) == ["0"]
            assert kernels.why_ended("1") == LOST
            assert kernels.why_ended("0") is None
            with kernels.connection("0"):
                assert kernels.connections("0") == 2
            await kernels.end_left()
            assert ids(kernels) == ["0"]
        await kernels.end_left()
        assert ids(kernels) == []
        with kernels.connection("0"):  # comes late
            assert kernels.connections("0") == 0

    run(wait)


def test_a_page_that_asks_is_there_though_it_has_not_connected(run):
    async def ask(kernels: PageKernels) -> None:
        kernels.patience = 0.05
        await kernels.start_kernel()
        kernels.page_asks("0")
        await asyncio.sleep(0.1)
        await kernels.end_left()
        assert ids(kernels) == ["0"]  # it is still being sent
        kernels.page_is_sent("0")
        await asyncio.sleep(0.1)
        kernels.page_asks("0")
        await kernels.end_left()
        assert ids(kernels) == ["0"]
        await asyncio.sleep(0.1)
        await kernels.end_left()
        assert ids(kernels) == []
        kernels.page_asks("0")
        assert kernels.why_ended("0") == LOST

    run(ask)


def test_the_first_reason_is_told(run):
    async def end(kernels: PageKernels) -> None:
        await kernels.start_kernel()
        kernels._handle_kernel_died("0")
        await kernels.end("0", LOST)
        assert kernels.why_ended("0") == DIED
        assert kernels.why_ended("never") == UNKNOWN

    run(end)
