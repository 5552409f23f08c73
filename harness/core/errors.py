"""The one exception that speaks to the person at the keyboard."""


class UserError(Exception):
    """Something asked for cannot be done: says what was asked, what was found and what to do.

    The front doors show its text without a traceback and exit with 2.
    """
