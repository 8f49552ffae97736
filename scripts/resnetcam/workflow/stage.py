"""The frame of every stage: its packages, its log, and one clear message when it fails.

A script imports this module before any package, so that a package which is missing, or is not the
one that the stage's environment pins, is told by name, in the stage's log too.
"""

import contextlib
import logging
import os
import signal
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from resnetcam.common.errors import InputError
from resnetcam.common.files import lacks_space
from resnetcam.common.interruption import Interrupted
from resnetcam.workflow.deployment import keep_to_own_packages, what_an_import_needs

DONE = "done"  # the last line in the log of a stage that ended well
_files: dict[str, logging.Handler] = {}  # log files that are open, by path


@contextlib.contextmanager
def logged(snakemake: Any) -> Iterator[None]:
    """Log to the rule's file and to the terminal; exit with another status than 0 on failure.

    An ``InputError``, a full disk or Ctrl-C shows a message alone; anything else its traceback, in
    the log file too. The status is 1, or 128 and the signal's number if one asked to stop.

    Args:
        snakemake: the object that Snakemake gives to a script.
    """
    try:
        with failing_clearly(snakemake):
            file = start_logging(snakemake)
            _check_library(snakemake.scriptdir)
            yield
            file.handle(logging.makeLogRecord({"levelname": "INFO", "msg": DONE}))
    finally:
        _files.pop(snakemake.log[0], None)
        for handler in logging.getLogger().handlers:
            handler.close()


@contextlib.contextmanager
def failing_clearly(snakemake: Any) -> Iterator[None]:
    """Log what goes wrong as ``logged`` says, and exit."""
    try:
        yield
    except InputError as error:
        logging.error("%s", error)
        sys.exit(1)
    except Interrupted as error:
        logging.error("%s", error)
        sys.exit(128 + error.signum)
    except KeyboardInterrupt:
        logging.error("stopped by SIGINT")
        sys.exit(128 + signal.SIGINT)
    except ModuleNotFoundError as error:  # of a backend, which starts within
        logging.error("%s", what_an_import_needs(error, snakemake.params.deployment))
        sys.exit(1)
    except Exception as error:
        if number := lacks_space(error):
            logging.error("%s", _full(error, number))
        else:
            logging.exception(
                "%s failed unexpectedly; this traceback is in %s too",
                snakemake.rule,
                snakemake.log[0],
            )
        sys.exit(1)


def start_logging(snakemake: Any) -> logging.Handler:
    """Log to the terminal and to the rule's file, unless that began before; return its handler."""
    path = snakemake.log[0]
    if path not in _files:
        _files[path] = _start_logging(snakemake)
    return _files[path]


def _check_library(scripts: str) -> None:
    """Snakemake puts a script's folder last on the path, so an installed copy would come first."""
    library = Path(__file__).resolve().parents[1]
    if library.parent != Path(scripts).resolve():
        raise InputError(
            f"The library was imported from {library}, not from {scripts}. A copy of it is "
            "installed in this environment: remove it with `pip uninstall resnetcam`, or install "
            "this workflow's own with `pip install -e .` in its folder."
        )


def _start_logging(snakemake: Any) -> logging.Handler:
    """Log to the terminal and to the rule's file; return the latter's handler."""
    terminal = logging.StreamHandler(sys.stderr)
    subject = " ".join([snakemake.rule, "/".join(snakemake.wildcards)]).rstrip()
    terminal.setFormatter(_ForTerminal(f"[{subject}] %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[terminal], force=True)
    logging.captureWarnings(True)
    # Libraries report their own housekeeping at INFO.
    for library in ("absl", "h5py", "matplotlib", "PIL", "urllib3"):
        logging.getLogger(library).setLevel(logging.WARNING)
    file = _LogFile(Path(snakemake.log[0]))
    logging.getLogger().addHandler(file)
    return file


def _before_imports(snakemake: Any) -> None:
    """Check the packages of a script that runs as a stage, and have failed imports told."""
    deployment = snakemake.params.deployment

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, ImportError):
            start_logging(snakemake)
            logging.error("%s", what_an_import_needs(error, deployment))
        else:
            sys.__excepthook__(kind, error, trace)

    sys.excepthook = tell
    try:
        keep_to_own_packages(deployment)
    except InputError as error:
        start_logging(snakemake)
        logging.error("%s", error)
        sys.exit(1)


class _ForTerminal(logging.Formatter):
    """Lines that fit the terminal: what is longer goes on below, indented."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if record.exc_info or not sys.stderr.isatty():
            return text
        width = max(os.get_terminal_size(sys.stderr.fileno()).columns - 1, 40)
        wrapper = textwrap.TextWrapper(
            width,
            subsequent_indent="  ",
            replace_whitespace=False,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return "\n".join(map(wrapper.fill, text.splitlines()))


class _LogFile(logging.FileHandler):
    """A log file whose disk may be full: then the terminal alone goes on, with one warning."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        # An earlier run of the job may be alive and write on: both append whole lines.
        super().__init__(path, mode="a", encoding="utf-8", errors="backslashreplace")
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        error = sys.exception()
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        self.addFilter(lambda record: False)
        logging.warning("%s cannot be written: %s", self.baseFilename, error.strerror)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            super().close()


def _full(error: Exception, number: int) -> str:
    name = getattr(error, "filename", None) or "a file"
    return (
        f"{name} cannot be written: {os.strerror(number)}. What was finished before is "
        "kept, and so is the last state of a training. Free some space, then run the same command "
        "again."
    )


def job() -> Any:
    """Return Snakemake's object, in a process that runs a script of the workflow; else None."""
    return getattr(sys.modules["__main__"], "snakemake", None)


if _job := job():
    _before_imports(_job)
