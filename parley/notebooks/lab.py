"""JupyterLab on the notebooks, with the Python that runs this, and a kernel and settings beside it."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from parley import stages
from parley.contract.errors import BadInput
from parley.contract.files import write_whole

START = "notebooks/0_start.ipynb"
NOT_HERE = f"JupyterLab isn't installed here. To install it: {stages.install('notebooks', 'lab')}"
# JupyterLab's defaults, unless its user chose otherwise: light or dark like the system, and no questions
SETTINGS = {
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}


def folder() -> Path:
    """Return the folder beside this Python with our settings and the kernel python3, which is this Python."""
    folder = Path(sys.prefix) / "share" / "parley" / "jupyter"
    kernel = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
    }
    _write(folder / "kernels" / "python3" / "kernel.json", kernel)
    _write(folder / "labconfig" / "default_setting_overrides.json", SETTINGS)
    return folder


def lab_environment() -> dict[str, str]:
    """Return the environment in which JupyterLab finds this kernel and these settings before the user's own."""
    own, ours = dict(os.environ), str(folder())
    for name in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):
        own[name] = os.pathsep.join(filter(None, [ours, own.get(name)]))
    return own


def lab(browser: bool = True, port: int | None = None) -> int:
    """Open JupyterLab on the start page, wait until it ends, and return its exit status. Ctrl+C ends it immediately.

    `browser`: whether to open it in one; `port`: where it listens (default: any free port). Raise BadInput.
    On Linux and macOS it doesn't return: JupyterLab replaces this process.
    """
    root = stages.root()
    if not find_spec("jupyterlab"):
        raise BadInput(NOT_HERE)
    if not (root / START).is_file():
        raise BadInput(f"{START} is missing. To make it: {stages.command('build')}")
    command = [sys.executable, "-m", "jupyterlab", "--ServerApp.answer_yes=True", f"--ServerApp.root_dir={root}"]
    command.append(f"--LabApp.default_url=/lab/tree/{START}")
    if not browser:
        command.append("--no-browser")
    if port:
        command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # as in a container; it listens only on this machine
    sys.stdout.flush()
    if os.name != "nt":
        os.execve(sys.executable, command, lab_environment())
    import signal

    with subprocess.Popen(command, env=lab_environment()) as running:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C goes to JupyterLab
        return running.wait()


def _write(path: Path, content: object) -> None:
    """Write JSON, unless the file has it already: another process may be reading it."""
    text = json.dumps(content, indent=1) + "\n"
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    write_whole(path, text)
