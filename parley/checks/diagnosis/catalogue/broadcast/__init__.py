"""Stage 5: what is done to examine its programs, and the faults that only they have, by when they show."""

from parley.checks.diagnosis.catalogue.broadcast import entering, leaving, passing_on, rules
from parley.checks.diagnosis.catalogue.broadcast.examining import examine_client, examine_server

FAULTS = [*entering.FAULTS, *passing_on.FAULTS, *leaving.FAULTS]
LAST_RESORT = rules.FAULTS

__all__ = ["FAULTS", "LAST_RESORT", "examine_client", "examine_server"]
