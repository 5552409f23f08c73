"""Tells how a mix-up came about: notes what happens in its schedule, and says it in lines and in one sentence."""
