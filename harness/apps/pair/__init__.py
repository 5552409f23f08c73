"""Two users of somebody's own app, explored: their requests run in one process under a controlled scheduler."""
