"""How units exist in this process: each host makes one kind and runs requests on it; one host a file."""
