"""A Jupyter server of the tests' own: its settings, data and notebooks in one folder."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sam_explore.cli.server_settings import CAN_FORK, FORKED_KERNEL, QUIET_STATUS
from sam_explore.cli.server_settings import WARM as START_WARM

from ..patience import PATIENCE_SECONDS

SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",  # else a dialog covers the page
        "checkForUpdates": False,
    },
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},  # all cells in the page
}
# A kernel that is forked from a process with all modules and the model, as those of the app are.
# Where forks are not possible it is an ordinary one.
WARM = "warm"


@dataclass(frozen=True)
class Server:
    """A running server: its address, the folder that it serves, and the word that opens it."""

    url: str
    folder: Path
    token: str = field(default_factory=secrets.token_hex)

    def request(self, method: str, path: str) -> object:
        """Call the server's REST interface; returns the decoded answer."""
        request = urllib.request.Request(f"{self.url}/{path}", method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return json.loads(answer.read() or b"null")

    def stop_kernels(self) -> None:
        for session in self.request("GET", "api/sessions"):
            self.request("DELETE", f"api/sessions/{session['id']}")


@contextmanager
def running_server(home: Path, *, warm: bool = False) -> Iterator[Server]:
    """Start JupyterLab with everything under `home`; at the end, end it and all its kernels.

    Args:
        home: an empty folder.
        warm: whether there is a kernel called `WARM` next to the ordinary one.
    """
    folder = home / "notebooks"
    folder.mkdir(parents=True)
    server = Server(f"http://127.0.0.1:{free_port()}", folder)
    log = home / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(server),
            env={**environment(home, warm=warm), "JUPYTER_TOKEN": server.token},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in a test run is not for the server
        )
    try:
        _wait_until_ready(server, process, log)
        yield server
    finally:
        end(process)


def _command(server: Server) -> list[str]:
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--expose-app-in-browser",
        "--JupyterNotebookApp.expose_app_in_browser=True",  # Notebook 7, which it serves as well
        f"--ServerApp.root_dir={server.folder}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={server.url.rpartition(':')[2]}",
        "--ServerApp.port_retries=0",
        "--LabApp.extension_manager=readonly",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]


def environment(home: Path, *, warm: bool = False) -> dict[str, str]:
    """Nothing of the user's own Jupyter is read or written; `python3` is this interpreter."""
    settings = home / "config" / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps(SETTINGS), "utf-8")
    _write_kernel(home, "python3", {})
    if warm:
        _write_kernel(home, WARM, {"kernel_provisioner": {"provisioner_name": FORKED_KERNEL}})
    config = QUIET_STATUS + (START_WARM if warm else "")  # as for readers of `sam-explore lab`
    (home / "config" / "jupyter_server_config.py").write_text(config, "utf-8")
    return {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_PATH": str(home / "share"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }


def _write_kernel(home: Path, name: str, metadata: dict) -> None:
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": name, "language": "python", "metadata": metadata}
    kernel = home / "share" / "kernels" / name / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps(spec if CAN_FORK else {**spec, "metadata": {}}), "utf-8")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_ready(server: Server, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            server.request("GET", "api")
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    what = "ended" if process.poll() is not None else f"was not ready after {PATIENCE_SECONDS} s"
    raise RuntimeError(f"JupyterLab {what}. Its last words:\n{log.read_text('utf-8')[-3000:]}")


def end(process: subprocess.Popen) -> None:
    """End the server, which ends its kernels; a kernel whose server was killed ends itself."""
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
