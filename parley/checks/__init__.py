"""The checks: graded suites and their points, hints, known mistakes, and faults done on purpose."""
