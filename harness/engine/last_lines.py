"""What is shown of a log: its end, and all that the interpreter says of a crash."""

LONGEST_REPORT = 200
"""Lines of a crash: up to 100 of Python, 32 of C, which are told from 3.14 on, and some around them."""


def last_lines(text: str, lines: int) -> str:
    """Return the last lines, and those before that belong to a crash: its first says what it was."""
    told = text.splitlines()
    begin = max(len(told) - lines, 0)
    crashes = [
        number
        for number in range(max(begin - LONGEST_REPORT, 0), begin)
        if told[number].startswith("Fatal Python error: ")
    ]
    return "\n".join(told[crashes[-1] if crashes else begin :])
