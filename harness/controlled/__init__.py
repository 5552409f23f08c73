"""Hosts whose units a scheduler picks: one kind of unit a file, one unit running at a time."""
