"""This workflow's engine, set up as a training sets it up, on random images."""

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from contenders import PARAMETERS, Facts, Settings, Workload

from resnetcam.backends import runtime
from resnetcam.recipe import resizing, skipping

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"
IMAGES, CLASSES = 4096, 10
TRAIN_IMAGES = 45_000  # of CIFAR-10, without those to choose on
MODEL = {"family": "resnet_v1", "depth": 20}
NO_AUGMENTATION = {"flip": "none", "crop_padding": 0, "affine": None, "erase": None}


def build(
    settings: Settings,
    recipe: str,
    backend: str = "tensorflow",
    augmented: bool = True,
    all_epochs: bool = False,
) -> Workload:
    """A round is one call of the engine: several steps, with their draws on the host.

    With ``all_epochs`` it is one call for each size of the recipe's images. Its seconds are those
    of as many images in the proportions of a whole training.
    """
    precision = "auto" if settings.bfloat16 else "float32"
    resolved = runtime.start(backend, settings.device, precision, settings.threads)
    from resnetcam.training import loop

    chosen = _recipe(recipe)
    if not augmented:
        chosen = replace(chosen, augmentation=replace(chosen.augmentation, **NO_AUGMENTATION))
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (IMAGES, 32, 32, 3), dtype=np.uint8)
    labels = generator.integers(0, CLASSES, IMAGES).astype(np.uint8)
    mean = (images.mean(0) / 255).astype(np.float32)
    data = loop.TrainingData(images, labels, images[:0], labels[:0], mean, CLASSES)
    machinery = loop.build(data, MODEL, chosen, 0, resolved.precision)
    assert machinery.network.count_params() == PARAMETERS
    batch = chosen.batch_size
    steps = 400 if resolved.device == "gpu" else math.ceil(512 / batch)
    steps = 1 if (backend, resolved.device) == ("jax", "cpu") else steps  # they take long
    passes = passes_by_side(chosen) if all_epochs else {None: 1.0}
    shares = {side: part / sum(passes.values()) for side, part in passes.items()}

    def run(rounds: int) -> float:
        seconds = 0.0
        for side, share in shares.items():
            started = time.perf_counter()
            _train(machinery.trainer, chosen.augmentation, (rounds, steps, batch), side)
            seconds += len(shares) * share * (time.perf_counter() - started)
        return seconds

    facts = Facts(
        steps * batch * len(shares),
        resolved.precision,
        resolved.versions,
        batch,
        resolved.device_name,
        pixels=sum(share * ((side or 32) / 32) ** 2 for side, share in shares.items()),
        images=round(sum(passes.values()) * TRAIN_IMAGES) if all_epochs else 0,
    )
    return Workload(run, facts)


def passes_by_side(recipe: Any) -> dict[int | None, float]:
    """How often a training sees all images in each size; None for the whole size."""
    sides = resizing.image_sides(recipe.progressive_resizing, recipe.epochs, 32)
    passes: dict[int | None, float] = {}
    for side, share in zip(
        sides, skipping.expected_shares(recipe.skip_easy, recipe.epochs), strict=True
    ):
        passes[side] = passes.get(side, 0.0) + share
    return passes


def _train(trainer: Any, augmentation: Any, shape: tuple[int, int, int], side: int | None) -> None:
    """Train (calls, steps of a call, images of a step), and wait until they are done."""
    import keras

    from resnetcam.recipe import randomness

    _, steps, _ = shape
    order = randomness.permutation(0, 1, IMAGES)
    draws = randomness.augmentation_draws(augmentation, 0, 1, IMAGES, 32, 32)
    rates = np.full(steps, 1e-3, np.float32)
    for indices in np.resize(order, shape):
        chosen = {name: values[indices] for name, values in draws.items()}
        measured = trainer.run(indices, chosen, rates, side)
    keras.tree.map_structure(np.asarray, measured)


def _recipe(name: str) -> Any:
    """A recipe of the shipped config."""
    from resnetcam.recipe.recipe import Recipe
    from resnetcam.settings.config import load_config
    from resnetcam.settings.schema import read_schema

    config = load_config(yaml.safe_load((ROOT / "config.yaml").read_text()), read_schema(SCHEMAS))
    return Recipe.from_settings(config["recipes"][name])
