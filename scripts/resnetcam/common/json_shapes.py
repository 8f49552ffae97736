"""What the readers of the JSON files in ``results/`` rely on, for ``files.read_json``."""

_NOTHING = type(None)
_INTERVAL = {"mean": float, "low": float, "high": float}
_EPOCH = {"epoch": int, "val_accuracy": (float, _NOTHING), "val_loss": (float, _NOTHING)}
_PLACE = {"device": str, "device_name": str, "precision": str, "threads": int}

SOURCE = {"path": str, "sha256": str, "origin": str}
PACKED_SOURCE = SOURCE | {"layout": str}
NOTES = {
    "twins": [{"test": int, "train": int, "correlation": float}],
    "removed": int,
    "unreadable": [{"path": str, "reason": str}],
    "ignored": [str],
}
BASELINE = {"accuracy": float}
_SCORES = {"nll": float, "brier": float, "ece": float, "ace": float}
METRICS = {
    "accuracy": float,
    "balanced_accuracy": float,
    "top_k_accuracy": {...: float},
    "loss": float,
    **_SCORES,
    "aurc": float,
    "temperature": (float, _NOTHING),
    "temperature_interval": ({"low": float, "high": float}, _NOTHING),
    "calibrated": (_SCORES, _NOTHING),
    "flipped": ({"accuracy": float, "nll": float}, _NOTHING),
    "n": int,
    "protocol": str,
    "selected_on": str,
    "selected_epoch": int,
    "best": (_EPOCH, _NOTHING),
    "last": _EPOCH,
}
_ON_TEST_IMAGES = {"n": int, "mean": float, "seeds": [float]}
_SHARE = (float, _NOTHING)
_CANDIDATES = {"images": int, "candidates": int, "estimated_share": _SHARE}
LABEL_CANDIDATES = {
    "seeds": [int],
    "sets": {...: _CANDIDATES | {"classes": [_CANDIDATES | {"class": str}]}},
    "accuracy": _ON_TEST_IMAGES,
    "accuracy_without_candidates": (_ON_TEST_IMAGES, _NOTHING),
}
DESCRIPTION = {"class_names": [str], "height": int, "width": int, "channels": int, "fit": str}
PROVENANCE = {
    "commit": str,
    "fingerprint": str,
    "versions": {...: str},
    "hardware": [_PLACE],
    "ingredients": {"model": {}, "recipe": {"epochs": int}, "protocol": str},
    "training_images": int,
    "parameters": int,
}
FAITHFULNESS = {
    "n": int,
    "steps": int,
    "layer": str,
    "candidates": {...: {"drop": _INTERVAL, "increase": _INTERVAL, "shown": _INTERVAL}},
}
RANDOMISATION = {
    "n": int,
    "compared": int,
    "group": [str],
    "other_image": (_INTERVAL, _NOTHING),
    "levels": [{"part": str, "correlation": (_INTERVAL, _NOTHING), "flat_maps": int}],
}
_AGREEMENT = ({"correlation": _INTERVAL, "overlap": _INTERVAL}, _NOTHING)
AGREEMENT = {
    "seeds": [int],
    "n": int,
    "compared": int,
    "top_cells": int,
    "layer": str,
    "methods": {...: {"same_image": _AGREEMENT, "other_image": _AGREEMENT}},
}
_LOCATED = {"zero_maps": int, "pointing_game": _INTERVAL, "energy_inside": _INTERVAL}
LOCALISATION = {
    "n": int,
    "region_share": float,
    "layer": str,
    "candidates": {...: _LOCATED},
    "all_known": {"n": int, **_LOCATED},
    "problems": [str],
}
_OF_IMAGES = {
    **{"accuracy": float, "low": float, "high": float, "nll": float, "ece": float},
    **{"calibrated_nll": (float, _NOTHING), "calibrated_ece": (float, _NOTHING)},
}
_OF_CORRUPTED = _OF_IMAGES | {"linear_accuracy": float}
SHIFT = {
    "n": int,
    "clean": _OF_CORRUPTED,
    "accuracy": _INTERVAL,
    "drop": _INTERVAL,
    "linear_accuracy": float,
    "mean_corruption_error": (float, _NOTHING),
    "kinds": {
        ...: {
            "group": str,
            "accuracy": float,
            "corruption_error": (float, _NOTHING),
            "strengths": [_OF_CORRUPTED],
        }
    },
}
TEST_SETS = {
    ...: {
        "n": int,
        **_OF_IMAGES,
        "balanced_accuracy": float,
        "difference": _INTERVAL,
        "absent": [int],
        "unreadable": int,
    }
}
ANNOTATIONS = {"file": str, "problems": [{"message": str}], "attributes": {...: {...: int}}}
