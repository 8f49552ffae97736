"""What of the user's surroundings would end a stage, or Snakemake itself, hours after the start."""

import os
import tempfile

from resnetcam.common.errors import InputError

_ENOUGH = 1 << 20  # bytes: Snakemake keeps its scheduler's problem there


def forget_python_options() -> None:
    """Keep options of Python that suit a test run or a console from this process's children.

    TensorFlow cannot be imported where every warning is an error, and no script ends where Python
    then asks for more.
    """
    for name in ("PYTHONWARNINGS", "PYTHONINSPECT"):
        os.environ.pop(name, None)


def check_temporary_folder() -> None:
    """Raise an ``InputError`` if the folder for temporary files is full, or there is none."""
    folder = "TMPDIR"
    try:
        tempfile.gettempdir()
        for folder in (os.environ.get("TMPDIR", "/tmp"), os.environ.get("TMP", "/tmp")):
            # Where one cannot write at all, all programs look for another place.
            if os.path.isdir(folder) and os.access(folder, os.W_OK):
                with tempfile.TemporaryFile(dir=folder) as file:
                    file.write(bytes(_ENOUGH))
    except OSError as error:
        raise InputError(
            f"Temporary files cannot be written to {folder}: {error.strerror}. Free some space "
            "there, or set TMPDIR (and TMP, if it is set) to a folder that has some."
        ) from error
