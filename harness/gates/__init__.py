"""How a free-running unit performs a pause; one gate a file."""
