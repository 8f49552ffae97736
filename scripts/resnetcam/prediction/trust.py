"""What was measured on a network, to stand beside its answers."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from resnetcam.common.errors import DamagedFileError, InputError
from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import FAITHFULNESS, METRICS
from resnetcam.common.wording import counted
from resnetcam.data.protocols import is_test_selected
from resnetcam.evaluation.calibration import TEMPERATURES
from resnetcam.evaluation.intervals import wilson_interval
from resnetcam.report.text import percent
from resnetcam.report.verdicts import faithfulness_verdict

T = TypeVar("T")

_UNMEASURED = (
    "How often this network is right was not measured here: there is no metrics.json beside it."
)
_NO_SCORES = (
    "What its maps are worth was not measured here: there is no faithfulness.json beside it."
)
_ALWAYS_A_CLASS = "It names one of its classes for any image, of something else too."
_NOT_CALIBRATED = "Probabilities are the softmax of its logits, not calibrated."


def what_is_measured(metrics: Path | None, faithfulness: Path | None) -> list[str]:
    """Say how often a network is right on its test set, and whether it uses what its maps show.

    Args:
        metrics, faithfulness: files of its run; None if they are not there.

    Raises:
        InputError: if one is not as it was written. (Somebody may have brought it with the
            network: not for the workflow to make anew.)
    """
    sure = f"{_ALWAYS_A_CLASS} {_calibration(metrics)}"
    return [_accuracy(metrics), sure, *_of_maps(faithfulness)]


def temperature_of(metrics: Path | None) -> float:
    """Return what a network's logits are to be divided by; 1 where that was not measured.

    Raises:
        InputError: as ``what_is_measured``.
    """
    return _said_of(metrics, METRICS, _temperature) if metrics else 1.0


def files_beside(model: Path) -> Sequence[Path | None]:
    """Return ``metrics.json`` and ``faithfulness.json`` beside a model, where they are there."""
    found = [model.with_name(name) for name in ("metrics.json", "faithfulness.json")]
    return [path if path.exists() else None for path in found]


def _accuracy(path: Path | None) -> str:
    return _UNMEASURED if path is None else _said_of(path, METRICS, _right_on)


def _right_on(metrics: dict[str, Any]) -> str:
    accuracy, n = metrics["accuracy"], metrics["n"]
    if not (0 <= accuracy <= 1 and n > 0):
        raise ValueError("no share of any images")
    low, high = (percent(bound, n) for bound in wilson_interval(accuracy, n))
    chosen = " (test-selected: its epoch was chosen on them, so this is too high)"
    return (
        f"This network is right on {percent(accuracy, n)} of {counted(n, 'test image')} of its "
        f"data set{chosen if is_test_selected(metrics['protocol']) else ''}, 95% interval {low} to "
        f"{high}. Images of other origin may be harder."
    )


def _calibration(path: Path | None) -> str:
    return _NOT_CALIBRATED if path is None else _said_of(path, METRICS, _calibrated)


def _temperature(metrics: dict[str, Any]) -> float:
    found = metrics["temperature"]
    low, high = TEMPERATURES
    if found is not None and not low <= found <= high:
        raise ValueError("no temperature that is fitted")
    return 1.0 if found is None else float(found)


def _calibrated(metrics: dict[str, Any]) -> str:
    if metrics["temperature"] is None:
        return _NOT_CALIBRATED
    before, after = metrics["ece"], metrics["calibrated"]["ece"]
    return (
        "Probabilities are those of its logits, divided by a temperature of "
        f"{metrics['temperature']:.3g} that was fitted on held-out images: on test images they are "
        f"off by {percent(after, 10_000)} on average, without it by {percent(before, 10_000)}. On "
        "images of other origin they may be off by more."
    )


def _of_maps(path: Path | None) -> list[str]:
    if path is None:
        return [_NO_SCORES]
    return [
        f"Do its maps show what it uses? On test images: {verdict.on_baselines}"
        for verdict in _said_of(path, FAITHFULNESS, faithfulness_verdict)
    ]


def _said_of(path: Path, shape: Any, say: Callable[[Any], T]) -> T:
    try:
        return say(read_json(path, shape))
    except DamagedFileError as error:
        problem = error.problem
    except (ArithmeticError, LookupError, StopIteration, TypeError, ValueError):
        problem = "its numbers are not as this workflow writes them"
    raise InputError(f"{path} cannot be used: {problem}. Restore it, or remove it to do without.")
