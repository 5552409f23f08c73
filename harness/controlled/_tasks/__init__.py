"""The parts of the controlled host for asyncio tasks: its loop, its clock, and how it runs a schedule to its end."""
