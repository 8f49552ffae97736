"""Let a training die, or find its disk full, at any chosen change that it makes to files."""

import errno
import os
import shutil
import sys
from pathlib import Path

_KINDS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir")
_NEEDS_SPACE = ("open", "mkdir", "fsync")
_watching = None


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the library catches it."""


class Files:
    """Calls ``mishap(number, change)`` before every change to files below ``folder``.

    A change reads "open path", "mkdir path", "rename path" (the new one), "remove path",
    "rmdir path" or "fsync path"; what changes nothing does not count.
    """

    def __init__(self, folder, mishap):
        self.folder, self.mishap = folder, mishap
        self.changes, self._unflushed, self._renamed = [], set(), set()

    def __enter__(self):
        global _watching
        _watching = self
        self._originals = os.fsync, shutil._use_fd_functions
        os.fsync, shutil._use_fd_functions = self._fsync, False
        return self

    def __exit__(self, *_):
        global _watching
        _watching = None
        os.fsync, shutil._use_fd_functions = self._originals

    def cut_power(self):
        """Halve files that were not flushed; forget names in folders that were not."""
        for path in self._unflushed:
            if path.exists():
                os.truncate(path, path.stat().st_size // 2)
        for path in self._renamed:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def meet(self, kind, path, source=None):
        path = Path(os.path.abspath(os.fsdecode(path)))
        if not path.is_relative_to(self.folder) or (kind == "mkdir" and path.exists()):
            return
        self.changes.append(f"{kind} {path.relative_to(self.folder)}")
        self.mishap(len(self.changes) - 1, self.changes[-1])
        if kind == "open":
            self._unflushed.add(path)
        elif kind == "fsync":
            self._unflushed.discard(path)
            self._renamed = {other for other in self._renamed if other.parent != path}
        elif kind == "rename":
            self._unflushed = {_moved(other, Path(source), path) for other in self._unflushed}
            self._renamed.add(path)

    def _fsync(self, handle):
        found = os.fstat(handle)
        for path in (self.folder, *self.folder.rglob("*")):
            if os.path.samestat(path.stat(), found) and (path.is_dir() or path in self._unflushed):
                self.meet("fsync", path)
                return


def _moved(path, source, target):
    return target / path.relative_to(source) if path.is_relative_to(source) else path


def _audit(event, arguments):
    if _watching is None or event not in _KINDS:
        return
    path, mode = arguments[:2]
    if event == "os.rename":
        _watching.meet("rename", mode, source=path)
    elif event != "open":
        _watching.meet(event.removeprefix("os."), path)
    elif not isinstance(path, int) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
        _watching.meet("open", path)


sys.addaudithook(_audit)


def dying(where):
    """A mishap: die at a change, by number or by a part of its text; nothing changes after it."""
    dead = False

    def mishap(number, change):
        nonlocal dead
        dead = dead or number == where or (isinstance(where, str) and where in change)
        if dead:
            raise Killed

    return mishap


def full(number):
    """A mishap: from a change on, nothing can be created, written or flushed."""

    def mishap(now, change):
        kind, path = change.split()
        if now >= number and kind in _NEEDS_SPACE:
            path = () if kind == "fsync" else (path,)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), *path)

    return mishap
