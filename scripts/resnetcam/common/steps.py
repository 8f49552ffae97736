"""What a stage of minutes shows while it works: how much is done, and how long the rest takes."""

import logging
import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

from resnetcam.common.wording import duration

logger = logging.getLogger(__name__)

T = TypeVar("T")

_SECONDS_OF_SILENCE = 10.0


def logged_steps(work: Sequence[T], what: str, unit: int = 1) -> Iterator[T]:
    """Pass pieces of work on, and log every ten seconds how far they are done.

    Args:
        what: what is counted, such as ``images of maps at stage3``.
        unit: how many of these a piece is; the last one may hold fewer.
    """
    started = last = time.monotonic()
    for number, piece in enumerate(work):
        now = time.monotonic()
        if number and now - last >= _SECONDS_OF_SILENCE:
            left = (now - started) / number * (len(work) - number)
            logger.info(
                "%s: %s of %s, about %s left",
                what,
                f"{number * unit:,}",
                f"{len(work) * unit:,}",
                duration(left),
            )
            last = now
        yield piece
