"""What of the user's surroundings would end a stage, or Snakemake itself, hours after the start."""

import os
import socket
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from resnetcam.common.errors import InputError
from resnetcam.common.locks import try_lock

# Calls of Snakemake that change nothing in its working directory.
_LOOKS = {
    *("--lint", "-l", "--list-rules", "--list-target-rules", "--lt", "--print-compilation"),
    *("--summary", "-S", "--detailed-summary", "-D", "--list-changes", "--lc", "--list-conda-envs"),
    *("--list-untracked", "--lu", "--list-input-changes", "--li", "--list-params-changes", "--lp"),
    *("--dag", "--rulegraph", "--filegraph", "--d3dag", "--report", "--containerize", "--unlock"),
}
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


def only_looks(words: Iterable[str]) -> bool:
    """Say whether a command line of Snakemake may be given while another one is at work.

    Dry runs may too; they are told otherwise.
    """
    options = {word.partition("=")[0] for word in words}
    return bool(options & _LOOKS) and "--report-after-run" not in options


def lock_of_folder(folder: str | Path) -> IO[str]:
    """Keep a second snakemake out of a working directory, for as long as the file is open.

    The kernel lets go however this process ends. Snakemake's own lock survives a kill and then asks
    to be removed by hand (see profiles/).

    Args:
        folder: Snakemake's own in the working directory.

    Raises:
        InputError: naming the process that is at work there.
    """
    os.makedirs(folder, exist_ok=True)
    lock = open(Path(folder, "running"), "a+")  # noqa: SIM115
    if not try_lock(lock):
        lock.seek(0)
        raise InputError(
            f"Another snakemake is at work in this folder (process {lock.read().strip()}). Wait "
            "for it to end, or work in another folder (docs/reuse.md)."
        )
    lock.truncate(0)
    lock.write(f"{os.getpid()} on {socket.gethostname()}")
    lock.flush()
    return lock
