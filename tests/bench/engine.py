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
from resnetcam.recipe import resizing

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"
IMAGES, CLASSES = 4096, 10
MODEL = {"family": "resnet_v1", "depth": 20}
NO_AUGMENTATION = {"flip": "none", "crop_padding": 0, "affine": None, "erase": None}


def build(
    settings: Settings,
    recipe: str,
    backend: str = "tensorflow",
    augmented: bool = True,
    first_epochs: bool = False,
) -> Workload:
    """A round is one call of the engine: several steps, with their draws on the host."""
    resolved = runtime.start(backend, settings.device, "auto", settings.threads)
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
    sides = resizing.image_sides(chosen.progressive_resizing, chosen.epochs)
    side = sides[0] if first_epochs else None

    def run(rounds: int) -> float:
        started = time.perf_counter()
        _train(machinery.trainer, chosen.augmentation, (rounds, steps, batch), side)
        return time.perf_counter() - started

    facts = Facts(
        steps * batch,
        resolved.precision,
        resolved.versions,
        batch,
        resolved.device_name,
        pixels=(side / 32) ** 2 if side else 1.0,
        epochs=sides.count(side) / len(sides),
    )
    return Workload(run, facts)


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
