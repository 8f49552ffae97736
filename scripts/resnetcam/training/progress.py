"""What a training shows while it runs: a bar within an epoch, a line after it."""

import logging
import sys
from collections.abc import Sequence
from typing import Any

from tqdm import tqdm

from resnetcam.common.wording import duration

logger = logging.getLogger(__name__)


def progress_bar(epoch: int, epochs: int, done: int, images: int) -> Any:
    """A bar over an epoch's images; only on a terminal."""
    return tqdm(
        initial=done,
        total=images,
        desc=f"epoch {epoch}/{epochs}",
        unit=" images",
        unit_scale=True,
        leave=False,
        file=sys.stderr,
        disable=not sys.stderr.isatty(),
    )


def log_epoch(history: Sequence[dict[str, float]], costs: Sequence[float]) -> None:
    """Log the last row of a history, and how long the rest will take.

    ``costs`` says what each of all epochs takes, in any unit.
    """
    row, done, epochs = history[-1], len(history), len(costs)
    # The first epoch compiles; it is all that is known until there is another.
    recent = slice(max(done - 3, min(1, done - 1)), done)
    seconds = sum(past["seconds"] for past in history[recent])
    left = seconds / sum(costs[recent]) * sum(costs[done:])
    accuracy, loss = f"{100 * row['accuracy']:.2f} %", f"{row['loss']:.3f}"
    if "val_loss" in row:
        accuracy += f", val {100 * row['val_accuracy']:.2f} %"
        loss += f", val {row['val_loss']:.3f}"
    logger.info(
        "epoch %*d/%d  rate %.1e  accuracy %s  loss %s  %s%s",
        len(str(epochs)),
        row["epoch"],
        epochs,
        row["learning_rate"],
        accuracy,
        loss,
        duration(row["seconds"]),
        f"  {duration(left)} left" if left else "",
    )
