"""A Python with its standard library and nothing else, as a sandbox has it: what fails there fails everywhere."""

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
    """The path of this Python in an environment without packages, made once for this process and gone with it.

    It starts faster, too: nothing looks for packages. Raises OSError where it cannot be made.
    """
    with _making:
        if not (_made and _made[-1].exists()):  # what ends the programs of a notebook removes all that was made
            folder = Path(tempfile.mkdtemp(prefix=folder_prefix()))
            venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt").create(folder)
            _made.append(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return str(_made[-1])
