"""What every other package speaks: records, stories, verdicts, diagnoses, errors, files."""
