"""Imports what the worker uses, to change it.

Verdict: passed
"""

import importlib

from honest import fails, serve

for name in ("parley", "parley.checks.plugin", "pytest", "_pytest", "psutil", "rich", "pip", "setuptools"):
    fails(f"import {name}", lambda name=name: importlib.import_module(name))
serve()
