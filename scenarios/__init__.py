"""What is tried: each file is one claim about context isolation and the script that tests it."""
