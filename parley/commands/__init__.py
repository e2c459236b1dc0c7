"""The commands, a function each: for students, for teachers, and for publishing."""
