"""What metrics.json says of how sure a network is, where no test looks at the numbers."""

_SCORES = {"nll": 0.5, "brier": 0.2, "ece": 0.04, "ace": 0.05}
SURENESS = {
    "top_k_accuracy": {"2": 0.95},
    **_SCORES,
    "aurc": 0.01,
    "temperature": 1.5,
    "temperature_interval": {"low": 1.25, "high": 1.75},
    "calibrated": {key: value / 2 for key, value in _SCORES.items()},
    "flipped": {"accuracy": 0.91, "nll": 0.4},
}
