"""What counts as a mix-up; one anomaly a file, each a pure function from a history to witnesses."""
