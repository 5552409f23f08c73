"""The machinery over the ports: floods hosts and servers, runs cells in child processes, judges what they recorded."""
