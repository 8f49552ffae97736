"""How much there is to compute, known without the network."""

import math

import keras
import numpy as np
import pytest

from resnetcam.networks import models
from resnetcam.networks.graph import multiply_adds
from resnetcam.networks.layers import body_of
from resnetcam.networks.workload import images_of_resnet20

IMAGE = (32, 32, 3)


@pytest.mark.parametrize(
    ("family", "depth"), [("resnet_v1", 8), ("resnet_v1", 20), ("resnet_v2", 11), ("resnet_v2", 29)]
)
def test_multiply_adds_are_known_without_the_network(family, depth):
    classifier = models.build_classifier(family, depth, np.zeros(IMAGE, np.float32), 10)
    counted = sum(
        math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:3])
        for layer in classifier.layers
        if isinstance(layer, keras.layers.Conv2D)
    )
    assert multiply_adds(body_of(family, depth, IMAGE[0]), IMAGE[0]) == counted


def test_a_training_counts_by_its_network_and_the_size_of_its_images():
    recipe = {"epochs": 4, "progressive_resizing": [], "skip_easy": 0}
    plan = {"model": {"family": "resnet_v1", "depth": 20}, "recipe": recipe}
    assert images_of_resnet20(plan, 1000, 32) == 4000

    recipe["progressive_resizing"] = [{"scale": 0.5, "share": 0.5}]
    assert images_of_resnet20(plan, 1000, 32) == 2500

    plan["model"] = {"family": "resnet_v2", "depth": 20}
    assert images_of_resnet20(plan, 1000, 32) == pytest.approx(1.62 * 2500, rel=0.01)
