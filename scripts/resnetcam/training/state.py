"""Training state, addressed by the content of everything that decides it.

``.training/<fingerprint>/`` holds the two newest checkpoints and, at the end, the finished output
files, for each choice of weights (`select`) that was asked for. It is no declared output,
because Snakemake deletes those of a failed job; so a killed run goes on where it was, and a
finished one is never repeated.
"""

import contextlib
import hashlib
import io
import json
import logging
import os
import shutil
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.errors import InputError
from resnetcam.common.files import flush_to_disk, lacks_space, replacing, sha256_of_file
from resnetcam.common.locks import try_lock, wait_for_lock
from resnetcam.training.steps_of_epoch import Partial

logger = logging.getLogger(__name__)

Arrays = list[NDArray[Any]]
_ARRAY_LISTS = ("weights", "slots", "best_weights", "losses")
_KEPT_CHECKPOINTS = 2


@dataclass(frozen=True)
class Checkpoint:
    """Everything that training needs to go on after ``epoch`` whole epochs and a ``partial``.

    ``provenance`` says what ended the training; it is empty before.
    """

    epoch: int
    partial: Partial
    history: list[dict[str, float]]
    best_epoch: int
    weights: Arrays
    slots: Arrays
    best_weights: Arrays = field(repr=False)
    losses: Arrays = field(default_factory=list, repr=False)
    resumed_after: list[dict[str, int]] = field(default_factory=list)
    hardware: list[dict[str, Any]] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)


def fingerprint(ingredients: Mapping[str, Any]) -> str:
    """Return 32 hex digits for a nested mapping of plain values, independent of key order."""
    text = json.dumps(ingredients, sort_keys=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class StateStore:
    """The directory of one fingerprint; what changes it stands inside ``with store.locked():``.

    Args:
        selected: whose weights the finished files hold, ``best`` or ``last``.
        writes: names the code that writes finished files. Those of other code stay where they are:
            several versions of the workflow may share a state.
    """

    def __init__(self, root: str | Path, fingerprint: str, selected: str, writes: str = ""):
        self.directory = Path(root) / fingerprint
        self._kind = f"finished-{selected}"
        self._finished = self.directory / (f"{self._kind}-{writes}" if writes else self._kind)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory against other processes; the kernel lets go when this one dies.

        Raises:
            InputError: if this user may not write there.
        """
        with self._open_lock() as file:
            _lock(file)
            for leftover in self.directory.glob(".epoch-*"):
                leftover.unlink()
            yield

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, whole or not at all, and drop all but the two newest."""
        payload = _serialize(checkpoint)
        with replacing(self._path(checkpoint)) as temporary:
            temporary.write_bytes(hashlib.sha256(payload).hexdigest().encode() + b"\n" + payload)
        for old in self._checkpoints()[_KEPT_CHECKPOINTS:]:
            old.unlink()

    def load(self) -> Checkpoint | None:
        """Return the newest intact checkpoint; damaged ones are reported and removed."""
        paths = self._checkpoints()
        for path, older in zip_longest(paths, paths[1:]):
            checksum, _, payload = path.read_bytes().partition(b"\n")
            if hashlib.sha256(payload).hexdigest().encode() == checksum:
                return _deserialize(payload)
            instead = "going back to the state before it" if older else "starting anew"
            logger.warning("%s is damaged; %s", path, instead)
            path.unlink()
        return None

    @contextlib.contextmanager
    def finishing(self) -> Iterator[Path]:
        """Yield a folder for whole, flushed files, and keep them as finished, all or none."""
        folder = self.directory / "finished.new"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield folder
        digests = {path.name: sha256_of_file(path) for path in folder.iterdir()}
        with replacing(folder / "manifest.json") as temporary:
            temporary.write_text(json.dumps(digests, indent=1))
        shutil.rmtree(self._finished, ignore_errors=True)
        folder.rename(self._finished)
        flush_to_disk(self.directory)

    def is_writable(self) -> bool:
        """Whether this user may add to the state, or there is none yet."""
        return not self.directory.exists() or os.access(self.directory, os.W_OK)

    def recall(self, outputs: Mapping[str, Path]) -> bool:
        """Restore the finished files if they are there and intact; return whether they are.

        What this user may not read counts as not there; ``locked`` says so.
        """
        if not self._is_intact(self._finished, outputs):
            return False
        self.restore(outputs)
        logger.info("nothing to train: outputs restored from %s", self.directory)
        return True

    def recall_of_other_code(self, outputs: Mapping[str, Path]) -> bool:
        """The same for files that other code wrote: better than to train again."""
        for folder in self._of_other_code():
            if self._is_intact(folder, outputs):
                self._copy(folder, outputs)
                logger.warning(
                    "nothing to train: outputs restored from %s, as an earlier version wrote them; "
                    "the state that they could be written from anew is gone",
                    folder,
                )
                return True
        return False

    def warn_of_damage(self, names: Iterable[str]) -> None:
        """Say it if finished files are there and cannot be restored."""
        if self._finished.exists():
            damage = self._find_damage(self._finished, names)
            logger.warning("%s; going back to the newest state", damage)

    def restore(self, outputs: Mapping[str, Path]) -> None:
        """Write the finished files byte for byte, all or none."""
        self._copy(self._finished, outputs)

    def _of_other_code(self) -> list[Path]:
        """Folders of finished files that hold the same weights."""
        found = self.directory.glob(f"{self._kind}*")
        return sorted(folder for folder in found if folder != self._finished)

    def _copy(self, folder: Path, outputs: Mapping[str, Path]) -> None:
        with contextlib.ExitStack() as stack:
            for name, output in outputs.items():
                temporary = stack.enter_context(replacing(output))
                shutil.copyfile(folder / name, temporary)
                flush_to_disk(temporary)

    def _is_intact(self, folder: Path, names: Iterable[str]) -> bool:
        try:
            return folder.exists() and not self._find_damage(folder, names)
        except PermissionError:
            return False

    def _find_damage(self, folder: Path, names: Iterable[str]) -> str | None:
        """Say what is wrong with finished files."""
        manifest = folder / "manifest.json"
        try:
            digests = dict(json.loads(manifest.read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return f"{manifest} is damaged"
        for name in names:
            path = folder / name
            if not path.exists() or sha256_of_file(path) != digests.get(name):
                return f"{path} is damaged, or its digest in {manifest.name}"
        return None

    def _open_lock(self) -> TextIO:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            return open(self.directory / "lock", "a+", errors="replace")
        except OSError as error:
            if lacks_space(error):
                raise
            raise InputError(
                f"{error.filename} cannot be written: {error.strerror}. Trainings keep their state "
                "there (`state` in the config). If it is another person's, finished trainings are "
                "restored from it all the same, but this one is not finished: ask for the right "
                "to write there (docs/cluster.md says how), or set another `state`."
            ) from error

    def _path(self, checkpoint: Checkpoint) -> Path:
        name = f"epoch-{checkpoint.epoch:06d}-step-{checkpoint.partial.step:08d}.state"
        return self.directory / name

    def _checkpoints(self) -> list[Path]:
        return sorted(self.directory.glob("epoch-*.state"), reverse=True)


def _lock(file: TextIO) -> None:
    """Wait until no other process holds the file, and write into it who does."""
    if not try_lock(file):
        file.seek(0)
        holder = file.read() or "unknown"
        logger.info("another process (%s) trains this very network; waiting for its result", holder)
        wait_for_lock(file)
    with contextlib.suppress(OSError):
        os.ftruncate(file.fileno(), 0)
        os.write(file.fileno(), f"{os.getpid()} on {socket.gethostname()}".encode())


def _serialize(checkpoint: Checkpoint) -> bytes:
    plain = {
        "epoch": checkpoint.epoch,
        "partial": asdict(checkpoint.partial),
        "history": checkpoint.history,
        "best_epoch": checkpoint.best_epoch,
        "resumed_after": checkpoint.resumed_after,
        "hardware": checkpoint.hardware,
        "provenance": checkpoint.provenance,
        "lengths": {name: len(getattr(checkpoint, name)) for name in _ARRAY_LISTS},
    }
    arrays = {
        f"{name}-{i}": values
        for name in _ARRAY_LISTS
        for i, values in enumerate(getattr(checkpoint, name))
    }
    buffer = io.BytesIO()
    np.savez(buffer, plain=np.frombuffer(json.dumps(plain).encode(), np.uint8), **arrays)
    return buffer.getvalue()


def _deserialize(payload: bytes) -> Checkpoint:
    with np.load(io.BytesIO(payload), allow_pickle=False) as arrays:
        plain = json.loads(arrays["plain"].tobytes())
        lengths = plain.pop("lengths")
        for name, length in lengths.items():
            plain[name] = [arrays[f"{name}-{i}"] for i in range(length)]
    plain["partial"] = Partial(**plain["partial"])
    return Checkpoint(**plain)
