"""The frame of every stage: its log, and one clear message when it fails."""

import contextlib
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from resnetcam.errors import InputError
from resnetcam.interruption import Interrupted


@contextlib.contextmanager
def logged(snakemake: Any) -> Iterator[None]:
    """Log to the rule's file and to the terminal; exit with status 1 if the body fails.

    An ``InputError`` shows its message alone; anything else its traceback, in the log file too.

    Args:
        snakemake: the object that Snakemake gives to a script.
    """
    path = Path(snakemake.log[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    file = logging.FileHandler(path, mode="w")
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    terminal = logging.StreamHandler(sys.stderr)
    subject = "/".join(snakemake.wildcards)
    terminal.setFormatter(logging.Formatter(f"[{snakemake.rule} {subject}] %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[file, terminal], force=True)
    logging.captureWarnings(True)
    # Libraries report their own housekeeping at INFO.
    for library in ("absl", "h5py", "matplotlib", "PIL", "urllib3"):
        logging.getLogger(library).setLevel(logging.WARNING)
    try:
        yield
    except InputError as error:
        logging.error("%s", error)
        sys.exit(1)
    except Interrupted as error:
        logging.error("%s", error)
        sys.exit(128 + error.signum)
    except Exception:
        logging.exception(
            "%s failed unexpectedly; this traceback is in %s too", snakemake.rule, path
        )
        sys.exit(1)
    finally:
        file.close()
