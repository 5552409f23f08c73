"""What scenarios are mounted on, one target a file."""
