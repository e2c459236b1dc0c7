"""The autograder: a whole class at once."""
