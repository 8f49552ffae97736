"""Training speed side by side: this workflow's engine and plain Keras `fit` (make bench).

The contenders take turns, so that a noisy machine is noisy to all of them; what counts is the
ratio. Prints images/s (median over the turns) and writes benchmarks/engine.csv.
"""

import argparse
import csv
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from resnetcam.backends import runtime

ROOT = Path(__file__).parents[2]
STEPS = 8
CLASSES = 10
AUGMENTATION = {
    "subtract_mean": "after",
    "flip": "random",
    "crop_padding": 2,
    "affine": None,
    "erase": None,
}


def main() -> None:
    """Measure every contender in every turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, default=runtime.available_threads())
    arguments = parser.parse_args()
    print(runtime.start("auto", "float32", arguments.threads))
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (4096, 32, 32, 3), dtype=np.uint8)
    labels = generator.integers(0, CLASSES, 4096).astype(np.uint8)
    contenders = {
        "engine, batch 128": engine(images, labels, 128, augmented=True),
        "engine, batch 128, no augmentation": engine(images, labels, 128, augmented=False),
        "engine, batch 32": engine(images, labels, 32, augmented=True),
        "Keras fit, batch 128": keras_fit(images, labels, 128),
        "Keras fit, batch 32": keras_fit(images, labels, 32),
    }
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for run in contenders.values():
        run()
    for _ in range(arguments.turns):
        for name, run in contenders.items():
            started = time.perf_counter()
            seen = run()
            rates[name].append(seen / (time.perf_counter() - started))
    report(rates)


def engine(
    images: np.ndarray, labels: np.ndarray, batch: int, *, augmented: bool
) -> Callable[[], int]:
    """A function that trains STEPS steps in one call and returns the number of images."""
    from resnetcam import augmentation, models, optimizers, randomness
    from resnetcam.backends import tensorflow_training as backend

    settings = AUGMENTATION if augmented else {**AUGMENTATION, "flip": "none", "crop_padding": 0}
    mean = (images.mean(0) / 255).astype(np.float32)
    network = models.build_network(
        "resnet_v1", 20, images.shape[1:], CLASSES, normalization=backend.NORMALIZATION
    )
    trainer = backend.Trainer(
        network,
        images,
        labels,
        augmentation.build_prepare(settings, mean),
        optimizers.SGD(0.9, 5e-4),
        models.is_kernel,
        0.0,
    )
    indices = randomness.permutation(0, 1, len(images))[: STEPS * batch].reshape(STEPS, batch)
    draws = randomness.augmentation_draws(settings, 0, 1, len(images), *images.shape[1:3])
    chosen = {name: values[indices] for name, values in draws.items()}

    def run() -> int:
        trainer.run(indices, chosen, np.full(STEPS, 0.01, np.float32))
        return indices.size

    return run


def keras_fit(images: np.ndarray, labels: np.ndarray, batch: int) -> Callable[[], int]:
    """The same network through `Model.fit` with Keras's own SGD, without augmentation."""
    import keras

    from resnetcam import models

    network = models.build_network("resnet_v1", 20, images.shape[1:], CLASSES)
    network.compile(
        keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    x = images[: STEPS * batch].astype(np.float32) / 255
    y = labels[: STEPS * batch]

    def run() -> int:
        network.fit(x, y, batch_size=batch, epochs=1, verbose=0)
        return len(x)

    return run


def report(rates: dict[str, list[float]]) -> None:
    """Print medians and ratios, and write them."""
    medians = {name: statistics.median(values) for name, values in rates.items()}
    slowest = medians["Keras fit, batch 32"]
    path = ROOT / "benchmarks" / "engine.csv"
    path.parent.mkdir(exist_ok=True)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["contender", "images_per_second", "ratio_to_keras_fit_batch_32"])
        for name, rate in medians.items():
            writer.writerow([name, f"{rate:.1f}", f"{rate / slowest:.2f}"])
            print(f"{name:<38} {rate:7.0f} images/s   {rate / slowest:5.2f}x Keras fit, batch 32")
    print(f"written to {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
