"""Real HTTP servers on 127.0.0.1, each run in a process of its own; one a file, heavy imports only in ``serve``."""
