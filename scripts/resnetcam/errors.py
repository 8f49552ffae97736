"""The one exception that speaks to the user."""


class InputError(Exception):
    """Something the user gave is wrong: a setting, a file, a URL.

    The message is all that the user sees, without a traceback. It names the key, file, row or
    URL, says what was expected, and what to do.
    """
