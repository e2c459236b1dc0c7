"""Stage 4: what is done to examine its programs, and the faults that only they have, by when they show."""

from parley.checks.diagnosis.catalogue.conversation import whatever_its_label
from parley.checks.diagnosis.catalogue.peers import leaving, lines, names, talking
from parley.checks.diagnosis.catalogue.peers.examining import examine_client, examine_pair, examine_server

LABELS = ("own-name-shown", "other-label")
FAULTS = [
    fault if fault.slug in LABELS else whatever_its_label(fault, names.any_label)
    for fault in (*names.FAULTS, *talking.FAULTS, *lines.FAULTS, *leaving.FAULTS)
]

__all__ = ["FAULTS", "examine_client", "examine_pair", "examine_server"]
