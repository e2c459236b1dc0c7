"""The tasks of stage 4, peers."""
