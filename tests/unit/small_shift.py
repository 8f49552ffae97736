"""What shift.json and test_sets.json say, where no test looks at the numbers."""

from resnetcam.shift.strengths import KINDS


def _scores(accuracy, calibrated):
    return {
        **{"accuracy": accuracy, "low": accuracy - 0.05, "high": accuracy + 0.05},
        **{"nll": 0.7, "ece": 0.2},
        **dict.fromkeys(("calibrated_nll", "calibrated_ece"), 0.1 if calibrated else None),
    }


def shift(mean=0.6, calibrated=True, undefined=False):
    """500 images; fog is recognised worst, then snow; the other kinds are as good as the mean."""
    levels = dict.fromkeys(KINDS, mean) | {"fog": mean - 0.3, "snow": mean - 0.2}
    kinds = {
        kind: {
            "group": KINDS[kind].group,
            "accuracy": level,
            "corruption_error": None if undefined and kind == "fog" else (1 - level) / 0.6,
            "strengths": [
                _scores(level + 0.01 * place, calibrated) | {"linear_accuracy": 0.4}
                for place in range(5)
            ],
        }
        for kind, level in levels.items()
    }
    return {
        "n": 500,
        "clean": _scores(0.9, calibrated) | {"linear_accuracy": 0.41},
        "accuracy": {"mean": mean, "low": mean - 0.03, "high": mean + 0.03},
        "drop": {"mean": 0.9 - mean, "low": 0.25, "high": 0.35},
        "linear_accuracy": 0.4,
        "mean_corruption_error": None if undefined else 0.7,
        "kinds": kinds,
    }


def further_set(calibrated=True, absent=(), unreadable=0):
    return {
        "n": 2000,
        **_scores(0.8, calibrated),
        "balanced_accuracy": 0.79,
        "difference": {"mean": -0.1, "low": -0.12, "high": -0.08},
        "absent": list(absent),
        "unreadable": unreadable,
    }
