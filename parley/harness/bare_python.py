"""A Python with only its standard library, as in a sandbox: what fails there fails everywhere."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
import venv
from pathlib import Path

from parley.harness.reaper import folder_prefix

_making = threading.Lock()
_made: list[Path] = []


def bare_python() -> str:
    """Return the path of this Python in an environment without packages, made once per process and removed with it.

    It also starts faster, because it doesn't look for packages. Raise OSError if it can't be made.
    """
    with _making:
        if not (_made and _made[-1].exists()):  # the reaper of a notebook removes the folder
            folder = Path(tempfile.mkdtemp(prefix=folder_prefix()))
            venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt").create(folder)
            _made.append(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return str(_made[-1])
