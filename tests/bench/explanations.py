"""What Grad-CAM maps of 10,000 images cost, beside forward and backward passes alone (make bench).

The yardstick computes the logits of the same batches, and the gradient of one logit an image by the
layer's output, in one compiled TensorFlow function; it keeps neither. Both take turns.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from resnetcam.backends import processor, runtime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--layers", nargs="+", default=["final", "stage2", "stage1"])
    arguments = parser.parse_args()
    found = runtime.start("tensorflow", "auto", "float32", processor.available_threads())
    print(f"{found.device_name}, {found.threads} threads, {arguments.images:,} images")
    print("| layer | maps, s | forward and backward, s | ratio |")
    print("| --- | ---: | ---: | ---: |")
    for layer in arguments.layers:
        maps, passes = race(layer, arguments.images, arguments.turns)
        print(f"| {layer} | {maps:.1f} | {passes:.1f} | {maps / passes:.2f} |", flush=True)


def race(layer: str, count: int, turns: int) -> tuple[float, float]:
    """Return the medians of the seconds that maps, and passes alone, take."""
    import numpy as np

    from resnetcam.explain import explanation
    from resnetcam.networks import models

    mean = np.full((32, 32, 3), 0.5, np.float32)
    classifier = models.build_classifier("resnet_v1", 20, mean, 10)
    models.initialize(classifier, 0)
    name = explanation.resolve_layer(classifier, layer)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, 32, 32, 3), np.uint8)
    classes = random.integers(0, 10, (1, count))
    explain = explanation.explainer(classifier, name)
    contenders = (
        lambda i, c: explain(i, c, ["gradcam"])["gradcam"],
        passes_alone(classifier, name, explanation.BATCH),
    )
    seconds: list[list[float]] = [[], []]
    for turn in range(turns + 1):  # the first compiles
        for contender, times in zip(contenders, seconds, strict=True):
            started = time.perf_counter()
            contender(images, classes)
            if turn:
                times.append(time.perf_counter() - started)
    return statistics.median(seconds[0]), statistics.median(seconds[1])


def passes_alone(classifier, layer: str, batch: int):
    """Return a function that goes forward and back to a layer, and keeps nothing."""
    import keras
    import tensorflow as tf

    outputs = [classifier.get_layer(one).output for one in (layer, "logits")]
    model = keras.Model(classifier.inputs, outputs)

    @tf.function
    def step(images, classes):
        with tf.GradientTape() as tape:
            pixels = tf.cast(images, tf.float32)
            tape.watch(pixels)  # so that the way to the layer and from it is recorded
            activations, logits = model(pixels, training=False)
            score = tf.reduce_sum(tf.gather(logits, classes, batch_dims=1))
        # Behind the pooling the gradient does not depend on the image: ask for the score too, or
        # TensorFlow leaves the forward pass out.
        return tf.reduce_sum(tape.gradient(score, activations)) + score

    def run(images, classes):
        for start in range(0, len(images), batch):
            chosen = slice(start, start + batch)
            step(tf.constant(images[chosen]), tf.constant(classes[0, chosen], tf.int32)).numpy()

    return run


if __name__ == "__main__":
    main()
