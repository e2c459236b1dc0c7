"""What goes out and comes back: the students' edition, the autograder's zip, a student's submission."""
