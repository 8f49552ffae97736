"""What the scores of maps show, in words.

Candidates are compared image by image. A difference counts if its 95 % interval, as printed,
excludes zero.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from resnetcam.explain.baselines import BASELINES
from resnetcam.report.titles import title

# Intervals of skewed values are too narrow for a verdict on fewer.
_FEWEST_IMAGES = 20
_DIGITS = 3
_EQUAL_DIGITS = 6  # what differs by less is rounding
_BASELINE_NAMES = ("randomised_network", "other_image", *BASELINES)


class Verdict(NamedTuple):
    """Of one metric: a sentence on baselines, and one on other methods or nothing."""

    on_baselines: str
    on_methods: str


class _Lead(NamedTuple):
    """How far the first candidate is ahead of another, with its interval, as it is written."""

    of: str
    mean: float
    low: float
    high: float
    is_none: bool  # both are the same, image by image


class _Metric(NamedTuple):
    """A metric's key, its name in a sentence, and how a lead in it is written."""

    key: str
    phrase: str
    high_is_good: bool
    in_points: bool


_LOCALISATION = (
    _Metric("pointing_game", "In the pointing game", high_is_good=True, in_points=True),
    _Metric("energy_inside", "In energy inside", high_is_good=True, in_points=True),
)
_FAITHFULNESS = (
    _Metric("deletion_auc", "By deletion", high_is_good=False, in_points=False),
    _Metric("insertion_auc", "By insertion", high_is_good=True, in_points=False),
    _Metric("road", "By ROAD", high_is_good=True, in_points=False),
)


def localisation_verdict(scores: Mapping[str, Any]) -> list[Verdict]:
    """Say how well the first method's maps lie on objects, beside all others'."""
    return _verdict(scores["candidates"], scores["n"], _LOCALISATION)


def faithfulness_verdict(scores: Mapping[str, Any]) -> list[Verdict]:
    """Say whether covering what the first method shows hurts more than covering anything else."""
    return _verdict(scores["candidates"], scores["n"], _FAITHFULNESS)


def localisation_in_short(scores: Mapping[str, Any]) -> str:
    """Say in one sentence whether the first method's maps lie on objects more than baselines."""
    return _in_short(scores["candidates"], scores["n"], _LOCALISATION)


def faithfulness_in_short(scores: Mapping[str, Any]) -> str:
    """Say in one sentence by which metrics the first method's maps beat every baseline."""
    return _in_short(scores["candidates"], scores["n"], _FAITHFULNESS)


def _in_short(candidates: Mapping[str, Any], n: int, metrics: tuple[_Metric, ...]) -> str:
    if n < _FEWEST_IMAGES:
        return f"Too few images for a verdict: {n}."
    groups: dict[str, list[str]] = {}
    for metric in metrics:
        leads = [lead for lead in _leads(candidates, metric) if lead.of in _BASELINE_NAMES]
        if leads:
            phrase = f"{metric.phrase[0].lower()}{metric.phrase[1:]}"
            groups.setdefault(_standing(leads), []).append(phrase)
    if not groups:  # of a run that is older than the comparisons
        return "Not compared with baselines."
    words = "; ".join(f"{_joined(phrases)} they {verb}" for verb, phrases in groups.items())
    return f"{words[0].upper()}{words[1:]}."


def _standing(baselines: list[_Lead]) -> str:
    if any(lead.high < 0 for lead in baselines):
        return "are worse than some baseline"
    if any(lead.low <= 0 <= lead.high for lead in baselines):
        return "show no clear difference from some baseline"
    return "beat every baseline"


def _verdict(candidates: Mapping[str, Any], n: int, metrics: tuple[_Metric, ...]) -> list[Verdict]:
    if n < _FEWEST_IMAGES:
        too_few = (
            f"Too few images for a verdict: {n}. Intervals of fewer than {_FEWEST_IMAGES} images "
            "are too narrow."
        )
        return [Verdict(too_few, "")]
    name = title(next(iter(candidates)))
    verdicts = []
    for metric in metrics:
        leads = _leads(candidates, metric)
        if not leads:  # of a run that is older than the metric
            continue
        baselines = [lead for lead in leads if lead.of in _BASELINE_NAMES]
        methods = [lead for lead in leads if lead.of not in _BASELINE_NAMES]
        first = f"{metric.phrase}, {name} {_against_baselines(baselines, metric)}."
        second = f"Of the other methods, it {_among_methods(methods)}." if methods else ""
        verdicts.append(Verdict(first, second))
    return verdicts


def _leads(candidates: Mapping[str, Any], metric: _Metric) -> list[_Lead]:
    """The first candidate's lead over each one that has the metric."""
    leads = []
    for name, one in candidates.items():
        behind = one.get(metric.key, {}).get("minus_first")
        if behind:
            ends = [behind["mean"], behind["low"], behind["high"]]
            if metric.high_is_good:
                ends = [-behind["mean"], -behind["high"], -behind["low"]]
            # Adding zero turns a negative zero into a plain one.
            mean, low, high = (round(end, _DIGITS) + 0.0 for end in ends)
            is_none = not any(round(end, _EQUAL_DIGITS) for end in ends)
            leads.append(_Lead(name, mean, low, high, is_none))
    return leads


def _against_baselines(leads: list[_Lead], metric: _Metric) -> str:
    ahead = [lead for lead in leads if lead.high < 0]
    alike = [lead for lead in leads if lead.low <= 0 <= lead.high]
    one = min(ahead or alike or leads, key=lambda lead: lead.mean)
    if ahead:
        by = _written(metric, -one.mean, -one.high, -one.low)
        return f"is worse than the {title(one.of)}, by {by}"
    by = _written(metric, one.mean, one.low, one.high)
    if alike:
        return f"shows no clear difference from the {title(one.of)}: {by}"
    return f"beats every baseline, the closest ({title(one.of)}) by {by}"


def _among_methods(leads: list[_Lead]) -> str:
    groups = {
        "is better than": [title(lead.of) for lead in leads if lead.low > 0],
        "is worse than": [title(lead.of) for lead in leads if lead.high < 0],
        "shows no clear difference from": [
            title(lead.of) for lead in leads if lead.low <= 0 <= lead.high and not lead.is_none
        ],
        "is equal to": [title(lead.of) for lead in leads if lead.is_none],
    }
    return "; it ".join(f"{verb} {_joined(names)}" for verb, names in groups.items() if names)


def _written(metric: _Metric, mean: float, low: float, high: float) -> str:
    if metric.in_points:
        return f"{100 * mean:.1f} points ({100 * low:.1f} to {100 * high:.1f})"
    return f"{mean:.{_DIGITS}f} ({low:.{_DIGITS}f} to {high:.{_DIGITS}f})"


def _joined(words: list[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
