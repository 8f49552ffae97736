"""What Snakemake says, so that a person knows what it means: filters of its log."""

import logging
import re
import textwrap
from collections.abc import Mapping

# What an environment takes when it is made: gigabytes on disk (README.md).
SIZES: Mapping[str, str] = {
    "data": "0.2 GB",
    "report": "0.4 GB",
    "tensorflow": "1.6 GB",
    "tensorflow-gpu": "6.3 GB, and 3.4 GB in the folder for temporary files",
    "jax": "0.8 GB",
    "jax-gpu": "about as much as tensorflow-gpu",
}


class SizesOfEnvironments(logging.Filter):
    """Says how large an environment is where Snakemake says that it makes one.

    What follows are minutes of silence, in which conda and pip download it.
    """

    _making = re.compile(r"^Creating conda environment (\S*?([\w-]+)\.yaml)\.\.\.$")

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the size to a record that names an environment in the making."""
        if (found := self._making.match(str(record.msg))) and found[2] in SIZES:
            record.msg = (
                f"Creating conda environment {found[1]} ({SIZES[found[2]]}). "
                "This takes minutes without output."
            )
        return True


class PlainErrors(logging.Filter):
    """Leaves of an error that a function of the workflow raised for its user what it says.

    Snakemake adds wildcards, files of the workflow and their lines.
    """

    _forms = (
        re.compile(
            r"^InputFunctionException in rule \w+.*?\n  (?:WorkflowError:\n|InputError: )(.*?)"
            r"\nWildcards:",
            re.DOTALL,
        ),
        re.compile(r'^WorkflowError in file ".*?", line \d+:\n(.*?)\n  File "', re.DOTALL),
    )

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the record of such an error to its message."""
        for form in self._forms:
            if found := form.match(str(record.msg)):
                record.msg = textwrap.dedent(found[1])
        return True
