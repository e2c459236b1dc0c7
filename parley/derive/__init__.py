"""What is derived: the other versions of the full programs, the exercises, and the notebooks of the lessons."""
