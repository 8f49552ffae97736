"""The exceptions that speak to the user."""

import shlex
from pathlib import Path


class InputError(Exception):
    """Something the user gave is wrong: a setting, a file, a URL.

    The message is all that the user sees, without a traceback. It names the key, file, row or
    URL, says what was expected, and what to do.
    """


class DamagedFileError(InputError):
    """A file that the workflow wrote is not what it wrote: cut off, overwritten, gone.

    Args:
        path: of the file; problem: what is wrong with it.

    Attributes:
        problem: what is wrong with it.
    """

    def __init__(self, path: str | Path, problem: str):
        self.problem = problem
        remedy = f"`rm {shlex.quote(str(path))}`, then the same command recreates it."
        gone = f"{path} is gone. The same command recreates it."
        there = f"{path} cannot be used: {problem}. {remedy}"
        super().__init__(there if Path(path).exists() else gone)
