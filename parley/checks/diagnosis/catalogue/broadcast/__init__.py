"""Stage 5: what is done to examine its programs, and the faults that only they have, by when they show."""

from parley.checks.diagnosis.catalogue.broadcast import entering, leaving, passing_on
from parley.checks.diagnosis.catalogue.broadcast.examining import examine_client, examine_server

FAULTS = [*entering.FAULTS, *passing_on.FAULTS, *leaving.FAULTS]

__all__ = ["FAULTS", "examine_client", "examine_server"]
