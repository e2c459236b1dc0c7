"""The faults that the programs of every stage can have: how they begin, what they do then, and how they end."""

from parley.checks.diagnosis.catalogue.all_stages import (
    beginning,
    bytes_of_a_line,
    ending,
    exceptions,
    last_resort,
    log,
    misunderstood,
    not_called,
    several_at_once,
    sockets,
    waiting,
)

# of two that weigh the same the earlier one is told: so some stand here alone, apart from the others of their page
FAULTS = [
    *beginning.FAULTS,
    *exceptions.FAULTS,
    *misunderstood.FAULTS,
    *not_called.FAULTS,
    exceptions.CALLS_ITSELF,
    exceptions.SLIP_TAKEN_FOR_TROUBLE,
    exceptions.OTHER_SLIP,
    beginning.CRASHES_FIRST,
    *sockets.FAULTS,
    exceptions.HIDES_EXCEPTIONS,
    misunderstood.LOCALE_ENCODING,
    *waiting.FAULTS,
    *bytes_of_a_line.FAULTS,
    *ending.FAULTS,
    *log.FAULTS,
    *several_at_once.FAULTS,
    beginning.TAKES_OPTIONS,
    misunderstood.FORGOTTEN_F,
    ending.EXIT_LOSES_OUTPUT,
    *several_at_once.OTHER_WAYS,
    *last_resort.FAULTS,
]
