"""The tasks of stage 5, broadcast."""
