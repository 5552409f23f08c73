"""Tells from outside whether an app keeps its visitors apart: learns what requests get alone, and judges answers."""
