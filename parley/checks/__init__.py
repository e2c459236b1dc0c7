"""The checks: graded suites and their points, hints, known mistakes, and deliberate faults."""
