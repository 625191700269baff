"""Kernels forked from one warm process: each its own, all with one model in memory."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jupyter_client.manager import AsyncKernelManager

import sam_explore
from sam_explore.app_limits import PAGE_MEMORY
from sam_explore.cli.forking import WarmPython
from sam_explore.cli.kernel_spec import ThisPython

# Bits 56 and 63 of a page's entry: nobody else has this page, and it is in memory.
ASK = """
import json, os
import numpy as np
import sam_explore as sx

sam = sx.load()
pages = set()
for each in sam.parameters():
    start = each.data_ptr()
    pages.update(range(start // 4096 + 1, (start + 4 * each.numel()) // 4096))
with open("/proc/self/pagemap", "rb") as file:
    entries = [int.from_bytes(os.pread(file.fileno(), 8, 8 * page), "little") for page in pages]
print(json.dumps({
    "parent": os.getppid(),
    "shared": sum(entry >> 63 and not entry >> 56 & 1 for entry in entries) / len(pages),
    "drawn": np.random.rand(),
    "variable": os.environ["MARK"],
    "folder": os.getcwd(),
}))
"""


# A server that starts one kernel and is killed before it can tidy up.
KILLED = """
import asyncio, os, signal
from jupyter_client.manager import AsyncKernelManager
from sam_explore.cli.forking import WarmPython

async def start():
    manager = AsyncKernelManager(kernel_spec_manager=WarmPython())
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=120)
    print(manager.provisioner.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    asyncio.run(start())
"""


# Two kernels, of which the second one starts after a file of the package has changed.
CHANGED = """
import asyncio, json
from pathlib import Path
from jupyter_client.manager import AsyncKernelManager
import sam_explore
from sam_explore.cli.forking import WarmPython

async def start():
    specs, programs = WarmPython(), []
    for _ in range(2):
        manager = AsyncKernelManager(kernel_spec_manager=specs)
        await manager.start_kernel()
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=120)
        place = Path(f"/proc/{manager.provisioner.pid}")
        programs.append([(place / each).read_text("utf-8") for each in ("cmdline", "limits")])
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
        Path(sam_explore.__file__).with_name("readings").joinpath("__init__.py").touch()
    print(json.dumps(programs))

if __name__ == "__main__":
    asyncio.run(start())
"""


async def answers_of_two_kernels(folder: Path) -> list[dict]:
    specs = WarmPython()
    managers = [AsyncKernelManager(kernel_spec_manager=specs) for _ in range(2)]
    answers = []
    try:
        for number, manager in enumerate(managers):
            environment = {**os.environ, "MARK": f"tab {number}"}
            await manager.start_kernel(env=environment, cwd=str(folder))
            answers.append(await answer_of(manager))
    finally:
        for manager in managers:
            await manager.shutdown_kernel(now=True)
    assert not [manager for manager in managers if await manager.is_alive()]
    return answers


async def answer_of(manager: AsyncKernelManager) -> dict:
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=120)
        said = []
        reply = await client.execute_interactive(
            ASK, timeout=120, output_hook=lambda message: said.append(message["content"])
        )
        assert reply["content"]["status"] == "ok", reply["content"]
        return json.loads("".join(each["text"] for each in said if each.get("name") == "stdout"))
    finally:
        client.stop_channels()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each kernel is a program")
def test_two_kernels_share_one_model_and_nothing_else(tmp_path: Path):
    first, second = asyncio.run(answers_of_two_kernels(tmp_path))
    assert first["parent"] == second["parent"] != os.getpid()
    for number, answer in enumerate((first, second)):
        assert answer["shared"] > 0.99  # of the pages that hold weights and nothing else
        assert answer["variable"] == f"tab {number}"
        assert answer["folder"] == str(tmp_path)
    assert first["drawn"] != second["drawn"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each kernel is a program")
def test_a_kernel_ends_when_its_server_was_killed(tmp_path: Path):
    (tmp_path / "killed.py").write_text(KILLED, "utf-8")
    ended = subprocess.run([sys.executable, tmp_path / "killed.py"], stdout=subprocess.PIPE)
    kernel, deadline = Path(f"/proc/{int(ended.stdout)}"), time.monotonic() + 30
    while kernel.exists():
        assert time.monotonic() < deadline, "the kernel is still there"
        time.sleep(0.1)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each kernel is a program")
def test_a_kernel_is_a_program_when_the_package_has_changed_since_it_was_read(tmp_path: Path):
    package = Path(sam_explore.__file__).parent
    shutil.copytree(package, tmp_path / "sam_explore", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "changed.py").write_text(CHANGED, "utf-8")
    run = [sys.executable, tmp_path / "changed.py"]
    path = {**os.environ, "PYTHONPATH": str(tmp_path), PAGE_MEMORY: "600"}
    printed = subprocess.run(run, stdout=subprocess.PIPE, env=path, cwd=tmp_path).stdout
    first, second = json.loads(printed)
    assert "forkserver" in first[0]
    assert "sam_explore.cli.kernel" in second[0]
    for _, limits in (first, second):  # a page of the app keeps its limit
        assert not re.search(r"Max data size +unlimited", limits)


def test_kernels_are_those_of_this_python_by_any_name():
    for name in ("python3", "an-environment-that-is-gone"):
        assert ThisPython().get_kernel_spec(name).argv[0] == sys.executable
