"""The recipe of the tests' small trainings; each test replaces what it is about."""

AFFINE = {"rotation": 10, "shift": 0.1, "zoom": 0.1}
RECIPE = {
    "epochs": 2,
    "batch_size": 16,
    "optimizer": {"name": "sgd", "momentum": 0.9},
    "weight_decay": 5e-4,
    "decayed_kernels": "all",
    "label_smoothing": 0.1,
    "batch_norm_momentum": 0.9,
    "select": "last",
    "schedule": {"name": "one_cycle", "peak": 0.05, "warmup": 0.2},
    "progressive_resizing": [{"scale": 0.75, "share": 0.5}],
    "skip_easy": 0.0,
    "augmentation": {
        "subtract_mean": "before",
        "flip": "random",
        "crop_padding": 1,
        "affine": None,
        "erase": None,
    },
}
NO_AUGMENTATION = {
    "subtract_mean": "before",
    "flip": "none",
    "crop_padding": 0,
    "affine": None,
    "erase": None,
}
