"""The door for locust: its users flood servers under test, and what these recorded is judged while it goes on.

Every mixed-up request counts as a failure and makes the exit code 1, whatever its Local promised, since a load test
asks whether requests went wrong; the verdict, locust's last line, says how that stands to the promise. The exit code is
2 when nothing could be told: no overlap, requests that failed, a server that ended, a control that was not caught.

Only ``listeners``, ``door``, ``page`` and ``users`` import locust, which patches the standard library on import.
"""
