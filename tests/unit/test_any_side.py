"""Images of any size: the network's stem, the recipe's pixels, the baseline's features."""

import numpy as np
import pytest

from resnetcam.data.linear_baseline import linear_baseline
from resnetcam.networks import models
from resnetcam.networks.graph import halvings_of, multiply_adds
from resnetcam.networks.layers import body_of, short_names, spatial_layers
from resnetcam.recipe.randomness import augmentation_draws
from resnetcam.recipe.recipe import Augmentation

# Of a whole image: how often the stem halves it, and the side of the last layer's map.
SIDES = {16: (0, 4), 28: (0, 7), 32: (0, 8), 48: (0, 12), 49: (1, 7), 64: (1, 8), 96: (1, 12)}
SIDES |= {97: (2, 7), 128: (2, 8), 192: (2, 12), 224: (3, 7), 384: (3, 12), 512: (4, 8)}


@pytest.mark.parametrize(("side", "expected"), SIDES.items())
def test_large_images_are_halved_until_the_stages_can_take_them(side, expected):
    halvings, of_map = expected
    assert halvings_of(side) == halvings
    layers = body_of("resnet_v1", 8, side)
    strides = np.prod([one.stride for one in layers if "conv" in one.name])
    assert strides == 4 * 2**halvings
    assert -(-side // strides) == of_map


@pytest.mark.parametrize(("family", "depth"), [("resnet_v1", 8), ("resnet_v2", 11)])
@pytest.mark.parametrize(("side", "channels"), [(16, 1), (64, 3), (100, 1)])
def test_the_network_of_any_side_is_the_one_that_is_saved(family, depth, side, channels):
    network = models.build_network(family, depth, channels, 3, side=side)
    mean = np.zeros((side, side, channels), np.float32)
    classifier = models.build_classifier(family, depth, mean, 3)
    shapes = [[weight.shape for weight in one.get_weights()] for one in (network, classifier)]
    assert shapes[0] == shapes[1]
    last = classifier.get_layer(models.final_layer(classifier))
    assert last.output.shape[1] == SIDES[{100: 128}.get(side, side)][1] - (side == 100)


def test_networks_of_large_images_cost_about_as_much():
    of_cifar = multiply_adds(body_of("resnet_v1", 20, 32), 32)
    for side in (64, 128, 224):
        assert 0.7 < multiply_adds(body_of("resnet_v1", 20, side), side) / of_cifar < 1.35


def test_the_layers_of_images_of_32_pixels_are_those_of_the_published_table():
    assert spatial_layers("resnet_v1", 20, 32)[:3] == ["stem_conv", "stem_bn", "stem_out"]
    larger = spatial_layers("resnet_v1", 20, 100)
    assert larger[3:6] == ["stem2_conv", "stem2_bn", "stem2_out"]
    assert short_names(larger)["stage2"] == "stage2_block3_out"


@pytest.mark.parametrize(("side", "most"), [(16, 2), (28, 2), (32, 2), (64, 4), (224, 14)])
def test_crops_grow_with_large_images(side, most):
    settings = Augmentation("after", "none", 2, None, None)
    crops = augmentation_draws(settings, 0, 1, 2000, side, side)["crop"]
    assert (crops.min(), crops.max()) == (-most, most)


def test_the_linear_baseline_sees_means_of_blocks():
    random = np.random.default_rng(0)
    small = random.integers(0, 256, (60, 20, 20, 1), np.uint8)
    labels = np.arange(60) % 3
    large = small.repeat(2, 1).repeat(2, 2)
    results = [
        linear_baseline(x[:40], labels[:40], x[40:], labels[40:], 3)[1] for x in (small, large)
    ]
    assert results[0]["accuracy"] == results[1]["accuracy"]
