"""What all other packages share: records, stories, verdicts, diagnoses, errors, files."""
