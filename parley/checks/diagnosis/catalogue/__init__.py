"""The faults that people make: a file or a folder for each stage, and the folder all_stages for those that all share.

To add a fault: write a Fault into the FAULTS of its stage's file (see echo.py), or of a page of its folder. `decides`
gets a Case; it returns a Found (details for the sentence, steps of evidence) or None. What no fact says yet is noted in
examine_server or examine_client of the same stage.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from parley.checks.diagnosis.contact import Visit
from parley.checks.diagnosis.evidence import PAIR
from parley.checks.diagnosis.fault import Fault

PAGES = {"1_echo": "echo", "2_logbook": "logbook", "3_turns": "turns", "4_peers": "peers", "5_broadcast": "broadcast"}


def faults(stage: str) -> list[Fault]:
    """The faults of a stage, named "1_echo": its own, that of an unfinished program, those of all stages, and what a
    stage tells where all these say nothing.
    """
    shared: list[Fault] = importlib.import_module(f"{__name__}.all_stages").FAULTS
    if stage not in PAGES:
        return shared
    page = importlib.import_module(f"{__name__}.{PAGES[stage]}")
    own: list[Fault] = page.FAULTS
    unfinished: list[Fault] = importlib.import_module(f"{__name__}.unfinished").unfinished(stage, own)
    return [*own, *unfinished, *shared, *getattr(page, "LAST_RESORT", [])]


def examinations(stage: str) -> dict[str, Callable[[Visit], None]]:
    """{program: what is done to examine it} of a stage, and of PAIR (both with each other); {} if there is none."""
    if stage not in PAGES:
        return {}
    page = importlib.import_module(f"{__name__}.{PAGES[stage]}")
    both = {PAIR: page.examine_pair} if hasattr(page, "examine_pair") else {}
    return {"server": page.examine_server, "client": page.examine_client, **both}
