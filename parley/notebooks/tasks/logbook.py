"""The tasks of stage 2, logbook."""
