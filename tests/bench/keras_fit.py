"""The same network trained by Keras `fit`: the published approach, and arrays in larger batches."""

import math
import os
import time
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from contenders import PARAMETERS, Facts, Settings, UnavailableError, Workload
from keras import layers

IMAGES, CLASSES = 4096, 10


def build(settings: Settings, approach: str) -> Workload:
    """A round is one step of `fit`."""
    tf.config.threading.set_intra_op_parallelism_threads(settings.threads)
    if settings.device == "gpu" and not tf.config.list_physical_devices("GPU"):
        raise UnavailableError("TensorFlow sees no GPU")
    generator = np.random.default_rng(0)
    images = generator.random((IMAGES, 32, 32, 3), dtype=np.float32)
    images -= images.mean(0)
    labels = keras.utils.to_categorical(generator.integers(0, CLASSES, IMAGES), CLASSES)
    network = _resnet20(keras.regularizers.L2(1e-4))
    assert network.count_params() == PARAMETERS
    if approach == "published":
        batch, optimizer = 32, keras.optimizers.RMSprop(3e-3)
        data = _published_augmentation().flow(images, labels, batch_size=batch)
        fit = {"x": data}
    else:
        batch, optimizer = 128, keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True)
        fit = {"x": images, "y": labels, "batch_size": batch}
    network.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    run = _steps_of_fit(network, fit, IMAGES // batch)
    versions = {"tensorflow": tf.__version__, "keras": keras.__version__}
    return Workload(run, Facts(batch, "float32", versions, batch))


def _steps_of_fit(network: keras.Model, fit: dict[str, Any], steps_an_epoch: int) -> Any:
    """A function that trains a number of steps and returns their seconds.

    The clock runs from the end of the first step on, so that what `fit` does before an epoch of
    thousands of steps does not weigh on one of a few.
    """

    def run(rounds: int) -> float:
        clock = _Clock()
        network.fit(
            **fit,
            epochs=math.ceil((rounds + 1) / steps_an_epoch),
            steps_per_epoch=min(rounds + 1, steps_an_epoch),
            callbacks=[clock],
            verbose=0,
        )
        first, *_, last = sorted(clock.times)
        return (last - first) / (len(clock.times) - 1) * rounds

    return run


class _Clock(keras.callbacks.Callback):
    """Notes when each step ended."""

    async_safe = True  # lets Keras start the next step meanwhile, as it does without callbacks

    def __init__(self):
        super().__init__()
        self.times: list[float] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.times.append(time.perf_counter())


def _published_augmentation() -> Any:
    """Keras's generator of that time, which maps image after image on the host."""
    return tf.keras.preprocessing.image.ImageDataGenerator(
        rotation_range=10,
        width_shift_range=0.1,
        zoom_range=0.1,
        horizontal_flip=True,
        preprocessing_function=_erase_sometimes,
    )


def _erase_sometimes(image: np.ndarray) -> np.ndarray:
    """Fill a random rectangle of one image in ten with one value (Zhong et al. 2017)."""
    if np.random.random() >= 0.1:
        return image
    rows, columns = image.shape[:2]
    while True:
        area = np.random.uniform(0.02, 0.4) * rows * columns
        aspect = np.random.uniform(0.3, 1 / 0.3)
        height, width = int(np.sqrt(area * aspect)), int(np.sqrt(area / aspect))
        top, left = np.random.randint(0, rows), np.random.randint(0, columns)
        if top + height <= rows and left + width <= columns:
            image[top : top + height, left : left + width] = np.random.uniform(0, 1)
            return image


def _resnet20(penalty: keras.Regularizer) -> keras.Model:
    """ResNet20v1 (He et al. 2015) of plain layers, as in Keras's own CIFAR-10 example."""

    def convolve(x: Any, filters: int, size: int = 3, stride: int = 1) -> Any:
        return layers.Conv2D(
            filters,
            size,
            strides=stride,
            padding="same",
            kernel_initializer="he_normal",
            kernel_regularizer=penalty,
        )(x)

    def normalize(x: Any) -> Any:
        return layers.BatchNormalization()(x)

    inputs = keras.Input((32, 32, 3))
    x = layers.ReLU()(normalize(convolve(inputs, 16)))
    for stage, filters in enumerate((16, 32, 64)):
        for block in range(3):
            stride = 2 if stage > 0 and block == 0 else 1
            y = layers.ReLU()(normalize(convolve(x, filters, stride=stride)))
            y = normalize(convolve(y, filters))
            if stride == 2:
                x = convolve(x, filters, size=1, stride=stride)
            x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.Flatten()(layers.AveragePooling2D(8)(x))
    return keras.Model(inputs, layers.Dense(CLASSES, "softmax", kernel_initializer="he_normal")(x))
