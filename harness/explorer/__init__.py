"""Searches the schedules of a program, and explains what it finds: machinery over hosts and schedulers."""
