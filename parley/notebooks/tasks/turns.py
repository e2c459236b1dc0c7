"""The tasks of stage 3, turns."""
