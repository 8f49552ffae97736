"""This workflow's engine, set up as a training sets it up, on random images."""

import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from contenders import PARAMETERS, Facts, Settings, Workload

from resnetcam.backends import runtime
from resnetcam.recipe import resizing

ROOT = Path(__file__).parents[2]
IMAGES, CLASSES = 4096, 10
NO_AUGMENTATION = {"flip": "none", "crop_padding": 0, "affine": None, "erase": None}


def build(
    settings: Settings,
    recipe: str,
    backend: str = "tensorflow",
    augmented: bool = True,
    first_epochs: bool = False,
) -> Workload:
    """A round is one call of the engine: several steps, with their draws on the host."""
    chosen = _recipe(recipe)
    if not augmented:
        chosen["augmentation"] |= NO_AUGMENTATION
    resolved = runtime.start(backend, settings.device, "auto", settings.threads)
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (IMAGES, 32, 32, 3), dtype=np.uint8)
    labels = generator.integers(0, CLASSES, IMAGES).astype(np.uint8)
    trainer = _trainer(backend, chosen, resolved.precision, images, labels)
    batch = chosen["batch_size"]
    steps = 400 if resolved.device == "gpu" else math.ceil(512 / batch)
    steps = 1 if (backend, resolved.device) == ("jax", "cpu") else steps  # they take long
    sides = resizing.image_sides(chosen)
    side = sides[0] if first_epochs else None

    def run(rounds: int) -> float:
        started = time.perf_counter()
        _train(trainer, chosen["augmentation"], (rounds, steps, batch), side)
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


def _trainer(backend: str, recipe: Any, precision: str, images: Any, labels: Any) -> Any:
    import keras

    from resnetcam.networks import models
    from resnetcam.recipe import augmentation, optimizers

    module = _backend_module(backend)
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    network = models.build_network(
        "resnet_v1",
        20,
        images.shape[-1],
        CLASSES,
        batch_norm_momentum=recipe["batch_norm_momentum"],
        normalization=module.NORMALIZATION,
    )
    assert network.count_params() == PARAMETERS
    mean = (images.mean(0) / 255).astype(np.float32)
    decays = {"all": models.is_kernel, "convolutions": models.is_convolution_kernel}
    return module.Trainer(
        network,
        images,
        labels,
        augmentation.build_prepare(recipe["augmentation"], mean),
        optimizers.build_optimizer(recipe["optimizer"], recipe["weight_decay"]),
        decays[recipe["decayed_kernels"]],
        recipe["label_smoothing"],
    )


def _backend_module(backend: str) -> Any:
    if backend == "jax":
        from resnetcam.backends.on_jax import training as module
    else:
        from resnetcam.backends.on_tensorflow import training as module
    return module


def _recipe(name: str) -> dict[str, Any]:
    """A recipe of config.yaml; what it does not name is none, as in the schema."""
    recipe = yaml.safe_load((ROOT / "config.yaml").read_text())["recipes"][name]
    recipe.setdefault("progressive_resizing", None)
    return recipe | {"augmentation": NO_AUGMENTATION | recipe["augmentation"]}
