"""Notice a request to stop, and stop where nothing is lost."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interrupted(Exception):  # noqa: N818 (asked for, no error)
    """The work stopped because a signal asked for it; ``signum`` is that signal."""

    def __init__(self, message: str, signum: int):
        super().__init__(message)
        self.signum = signum


class StopRequest:
    """``signum`` is the first signal that asked to stop, or None."""

    signum: int | None = None


@contextlib.contextmanager
def noticing_signals() -> Iterator[StopRequest]:
    """Turn SIGTERM (a scheduler's) and SIGINT (Ctrl-C) into a request that the body looks at.

    Once the first is noticed, which waits for the computation under way, a second signal kills at
    once. A signal that is ignored stays ignored. In another thread than the main one, where Python
    handles no signals, nothing is changed.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    noticed = [number for number in _SIGNALS if before[number] is not signal.SIG_IGN]

    def notice(signum: int, frame: FrameType | None) -> None:
        request.signum = signum
        for number in noticed:
            signal.signal(number, signal.SIG_DFL)

    for number in noticed:
        signal.signal(number, notice)
    try:
        yield request
    finally:
        for number in noticed:
            signal.signal(number, before[number])
