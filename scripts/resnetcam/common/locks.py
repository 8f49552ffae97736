"""Locks on open files: the kernel's own, so they go when their process does, however it ends.

Some file systems have none (Lustre and NFS, mounted so). There a lock is taken for granted, with a
warning: work goes on, but nothing keeps two processes apart.
"""

import errno
import fcntl
import logging
from typing import IO, Any

logger = logging.getLogger(__name__)

_NO_LOCKS = (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK)


def try_lock(file: IO[Any]) -> bool:
    """Take the lock of an open file, until it is closed, unless another process holds it."""
    try:
        _flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_for_lock(file: IO[Any]) -> None:
    """Take the lock of an open file, until it is closed, as soon as nobody else holds it."""
    _flock(file, fcntl.LOCK_EX)


def _flock(file: IO[Any], operation: int) -> None:
    try:
        fcntl.flock(file, operation)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        logger.warning(
            "%s cannot be locked (%s): make sure that no other process does the same work",
            file.name,
            error.strerror,
        )
