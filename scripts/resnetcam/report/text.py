"""How the report writes numbers and names.

Everything that the template prints is escaped, unless it is ``Markdown`` already: class names, file
names and settings come from outside and must stay text.
"""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from resnetcam.common.wording import counted, duration
from resnetcam.data import protocols
from resnetcam.data.protocols import chooses_nothing, is_test_selected, selected_on
from resnetcam.evaluation.intervals import wilson_interval
from resnetcam.report.titles import title

_WORSE_THAN_LINEAR = (
    " The network is worse than the linear classifier: it may have trained for too few steps, for "
    "which more epochs and smaller batches are the remedy."
)
_INLINE = re.compile(r"[\\`*_\[\]<>|&~$@#]|:(?=//)|(?<=www)\.", re.IGNORECASE)
# Where a line begins with it: an item of a list, a rule, a heading.
_START = re.compile(r"^(\d*)([-+=.)])(?=[-=\s]|$)")
_JOINERS = "\u200c\u200d"  # not printable, but parts of Persian words and of emoji


class Markdown(str):
    """Text that is printed as it is."""

    __slots__ = ()


def escaped(value: object) -> Markdown:
    """Return a value as one line of markdown that shows exactly its text, in a table too."""
    if isinstance(value, Markdown):
        return value
    printable = "".join(
        char if char.isprintable() or char in _JOINERS else " " for char in str(value)
    )
    text = _INLINE.sub(r"\\\g<0>", " ".join(printable.split()))
    return Markdown(_START.sub(r"\1\\\2", text))


def fenced(text: str, language: str = "") -> Markdown:
    """Return text as a code block, inside a fence that the text cannot close."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markdown(f"{fence}{language}\n{text.rstrip()}\n{fence}")


def relative_link(target: Path, folder: Path) -> Markdown:
    """Return a link's target as seen from the report's folder, percent-encoded."""
    return Markdown(quote(Path(os.path.relpath(target, folder)).as_posix()))


def percent(share: float, n: int | None = None) -> str:
    """Write a share as 91.3%, or as 91.25% where n images (10,000 or more) give that precision."""
    return f"{share:.{2 if n and n >= 10_000 else 1}%}"


def flattened(settings: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Write nested settings as lines such as ``recipe.optimizer.momentum: 0.9``."""
    lines = []
    for name, value in settings.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            value = {str(place): one for place, one in enumerate(value)}
        if isinstance(value, Mapping):
            lines += flattened(value, f"{prefix}{name}.")
        else:
            lines.append(f"{prefix}{name}: {'none' if value is None else value}")
    return lines


def headline(
    row: Mapping[str, Any], n: int, linear: float, chance: float, chosen_of: int = 1
) -> list[str]:
    """Say in plain sentences how good an experiment is.

    Args:
        row: its row of ``comparison.csv``.
        n: the number of test images.
        linear: the linear classifier's accuracy on the same test images.
        chance: the share of the test images that is of the most frequent training class.
        chosen_of: of how many experiments validation accuracy chose this one; where nothing is
            chosen, of how many it is the first.
    """
    accuracy, spread = row["accuracy_mean"], row["accuracy_std"]
    low, high = (percent(bound, n) for bound in wilson_interval(accuracy, n))
    subject = row["experiment"]
    if chosen_of > 1 and chooses_nothing(row["protocol"]):
        subject += f", the first of {chosen_of:,} (nothing chose among them),"
    elif chosen_of > 1:
        subject += f", the best of {chosen_of:,} by {selected_on(row['protocol'])} accuracy,"
    if row["n_seeds"] > 1:
        subject = f"Averaged over {counted(row['n_seeds'], 'seed')}, {subject}"
    between = f"; ± {100 * spread:.2g} points between seeds" if spread is not None else ""
    return [
        f"{subject} classifies {percent(accuracy, n)} of {counted(n, 'test image')} correctly "
        f"(95% Wilson interval {low} to {high}{between}).",
        protocol_in_words(row["protocol"]),
        f"For comparison: a linear classifier on the same pixels reaches {percent(linear, n)}, "
        f"and always naming the most frequent training class {percent(chance, n)}."
        + _WORSE_THAN_LINEAR
        * (accuracy < linear),
    ]


def protocol_in_words(protocol: str) -> str:
    """Say what a protocol means for the number beside it."""
    if is_test_selected(protocol):
        return (
            "This number is test-selected: no images were held out, so choices such as the epoch "
            "were made on the test set. Expect slightly less on new images."
        )
    if chooses_nothing(protocol):
        return (
            "It was trained on all training images: none were held out, and nothing was chosen. "
            "Its settings must have been chosen before, on held-out images. The test set was used "
            "once, at the end."
        )
    return (
        "The run chose nothing on the test set, which it used once, at the end: held-out training "
        "images are there to choose on. (How its settings were found before is not recorded.)"
    )


def environment(template_folder: Path) -> jinja2.Environment:
    """Return a Jinja environment that escapes every value for markdown and knows CAM methods."""
    result = plain_environment(template_folder)
    result.filters["title"] = title
    return result


def plain_environment(template_folder: Path) -> jinja2.Environment:
    """Return the same without ``title``, so that nothing changes with the methods' code."""
    result = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template_folder),
        finalize=escaped,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "count": lambda n: f"{n:,}",
        "counted": counted,
        "duration": duration,
        "fenced": fenced,
        "percent": percent,
        "protocol_in_words": protocol_in_words,
        # Escaping would take the space away that it begins with.
        "protocol_label": lambda protocol: Markdown(protocols.label(protocol)),
    }
    result.filters |= filters
    result.tests |= {"test_selected": is_test_selected, "chosen_by_nothing": chooses_nothing}
    return result
