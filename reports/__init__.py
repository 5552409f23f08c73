"""What is shown: each file turns the record of a run into one kind of report."""
