"""One GPU a job: on a machine with several, as many jobs at a time, each on its own.

Snakemake counts GPUs but does not say which one a job has. So every job locks a free one for
itself; the lock is the kernel's and goes when the job does, however that ends.
"""

import contextlib
import itertools
import logging
import os
import re
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple, TextIO

from resnetcam.common.locks import try_lock


class Gpu(NamedTuple):
    """The GPU that a backend uses: its name, and CUDA's compute capability, such as (9, 0)."""

    name: str
    capability: tuple[int, ...]


logger = logging.getLogger(__name__)

# The first that can be written. Not tempfile.gettempdir(): a batch system may give each job one of
# its own, on the same machine.
_LOCKS = (Path("/tmp"), Path("/dev/shm"), Path("/var/tmp"))
_UUID = re.compile(r"UUID: ((?:GPU|MIG)-[^)\s]+)\)")
_held: list[TextIO] = []


def claim_gpu() -> str | None:
    """Reserve one of several visible GPUs and hide the others from this process.

    Call it before TensorFlow or JAX is imported. With one GPU or none there is nothing to choose,
    as on a cluster, whose scheduler shows each job its own. When every GPU has a job already, the
    one with the fewest is shared, and a warning says so: more jobs at a time were asked for than
    there are GPUs.

    Returns:
        The GPU's name for ``CUDA_VISIBLE_DEVICES``; None if nothing was chosen.
    """
    gpus = visible_gpus()
    if len(gpus) < 2:
        return None
    folder = _folder_of_locks()
    if not folder:
        return None
    for others in itertools.count():
        for number, gpu in enumerate(gpus, start=1):
            if _locked(folder / f"{re.sub(r'[^A-Za-z0-9-]', '_', gpu)}.{others}"):
                os.environ["CUDA_VISIBLE_DEVICES"] = gpu
                logger.info("GPU %d of %d: %s", number, len(gpus), gpu)
                if others:
                    logger.warning(
                        "every GPU has a job already; this one shares its GPU with %d. Lower "
                        "`--resources gpu=` to the %d GPUs that there are.",
                        others,
                        len(gpus),
                    )
                return gpu
    raise AssertionError("counting does not end")


def visible_gpus() -> list[str]:
    """The GPUs that this process may use: those in ``CUDA_VISIBLE_DEVICES``, or all.

    Parts of a GPU (MIG) stand for themselves, in place of the whole.
    """
    if (chosen := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        names = [name.strip() for name in chosen.split(",")]
        # As CUDA reads it: what follows an invalid name is hidden.
        return list(itertools.takewhile(lambda name: name not in ("", "-1"), names))
    try:
        listing = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=60, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    gpus: list[str] = []
    for name in _UUID.findall(listing):
        if name.startswith("MIG-") and gpus and gpus[-1].startswith("GPU-"):
            gpus.pop()
        gpus.append(name)
    return gpus


def _folder_of_locks() -> Path | None:
    """A folder that all of this user's jobs on this machine agree on; None, with a warning."""
    reasons = []
    for place in _LOCKS:
        folder = place / f"resnetcam-gpus-{os.getuid()}"
        try:
            if _is_ours(folder):
                with tempfile.TemporaryFile(dir=folder):
                    return folder
            reasons.append(f"{folder} is not this user's")
        except OSError as error:
            reasons.append(f"{place}: {error.strerror}")
    logger.warning(
        "no GPU is chosen, so jobs may take the same one: locks cannot be kept (%s). Have "
        "that fixed, or run one job at a time with `--resources gpu=1`.",
        "; ".join(reasons),
    )
    return None


def _is_ours(folder: Path) -> bool:
    """Make a folder, unless it is there; whether it is one, and this user's: anybody could make it.

    What is in it is then this user's too, so no other one can lay a link there.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


def _locked(path: Path) -> bool:
    """Take a lock for as long as this process lives, if nobody has it."""
    file = open(path, "w")  # noqa: SIM115 - closing it would let go
    if not try_lock(file):
        file.close()
        return False
    _held.append(file)
    return True
