"""Who goes next: ways to search the schedules of a program, one a file."""
