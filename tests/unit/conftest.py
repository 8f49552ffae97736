"""Keras starts before any test module here is imported; networks that several modules share.

Not where this file is: the process that hands the tests out reads it too, and collects none.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import settings

from resnetcam.backends import runtime
from resnetcam.sources import shapes

# The same examples on every machine and every day.
settings.register_profile("reproducible", derandomize=True)
settings.load_profile("reproducible")

CLASSES = 10


class Classified(NamedTuple):
    """A classifier with images (16x16, uint8) that it was made for."""

    model: Any
    images: np.ndarray
    labels: np.ndarray
    mean: np.ndarray


@cache
def start_keras():
    return runtime.start("tensorflow", "cpu", "float32", threads=2)


def pytest_pycollect_makemodule():
    start_keras()


@pytest.fixture(scope="session")
def cpu():
    return start_keras()


@pytest.fixture(scope="session")
def trained_v1():
    """ResNet8 v1 after a dozen steps."""
    from resnetcam.backends.on_tensorflow import training as tensorflow_training
    from resnetcam.networks import models
    from resnetcam.recipe.augmentation import build_prepare
    from resnetcam.recipe.optimizers.sgd import SGD

    drawn = shapes.draw(128, 12, seed=0).images
    x_train, x_test = drawn.x_train[:, ::2, ::2], drawn.x_test[:, ::2, ::2]
    mean = (x_train.mean(0) / 255).astype(np.float32)
    network = models.build_network(
        "resnet_v1",
        8,
        3,
        CLASSES,
        batch_norm_momentum=0.7,
        normalization=tensorflow_training.FusedBatchNormalization,
    )
    models.initialize(network, 1)
    trainer = tensorflow_training.Trainer(
        network,
        x_train,
        drawn.y_train,
        build_prepare("before", mean),
        SGD(0.9),
        [0.0] * len(network.trainable_variables),
        0.0,
    )
    order = np.arange(12 * 32).reshape(12, 32) % len(x_train)
    trainer.run(order, {}, np.full(12, 0.05))
    classifier = models.build_classifier("resnet_v1", 8, mean, CLASSES)
    classifier.set_weights(network.get_weights())
    return Classified(classifier, x_test, drawn.y_test, mean)


@pytest.fixture(scope="session")
def random_v2(trained_v1):
    """ResNet11 v2 with random weights and random moving statistics."""
    from resnetcam.networks import models

    images = trained_v1.images
    mean = (images.mean(0) / 255).astype(np.float32)
    classifier = models.build_classifier("resnet_v2", 11, mean, CLASSES)
    randomize(classifier, seed=2)
    return Classified(classifier, images, trained_v1.labels, mean)


@pytest.fixture(scope="session")
def random_resnet20():
    """The published network with random weights and random moving statistics."""
    from resnetcam.networks import models

    drawn = shapes.draw(16, 6, seed=1).images
    mean = (drawn.x_train.mean(0) / 255).astype(np.float32)
    classifier = models.build_classifier("resnet_v1", 20, mean, CLASSES)
    randomize(classifier, seed=3)
    return Classified(classifier, drawn.x_test, drawn.y_test, mean)


@pytest.fixture(params=["trained_v1", "random_v2", "random_resnet20"])
def classified(request):
    return request.getfixturevalue(request.param)


def randomize(model, seed):
    """He-normal kernels; biases and statistics that are far from the ones and zeros of a start."""
    from resnetcam.networks import models

    models.initialize(model, seed)
    random = np.random.default_rng(seed)
    for variable in model.variables:
        if variable.path.endswith(("/gamma", "/moving_variance")):
            variable.assign(random.uniform(0.5, 1.5, variable.shape))
        elif not models.is_kernel(variable):
            variable.assign(random.normal(0, 0.2, variable.shape))
