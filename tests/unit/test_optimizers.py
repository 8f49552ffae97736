"""Updates against numbers computed by hand, and whole training steps against NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from resnetcam.backends.on_tensorflow.training import Trainer
from resnetcam.common.options import from_settings
from resnetcam.networks import models
from resnetcam.recipe.optimizer import OPTIMIZERS
from resnetcam.recipe.optimizers.muon import Muon, orthogonalize
from resnetcam.recipe.optimizers.rmsprop import RMSprop
from resnetcam.recipe.optimizers.sgd import SGD


def changes(optimizer, steps):
    """Feed (gradient, learning rate) pairs to a single weight; return what is added to it."""
    slots = [tf.constant(0.0)] * optimizer.num_slots
    found = []
    for gradient, rate in steps:
        value, slots = optimizer.update(
            tf.constant(0.0), tf.constant(gradient), slots, tf.constant(rate)
        )
        found.append(float(value))
    return found


def test_sgd_applies_nesterov_momentum_with_the_rate_outside_of_it_as_pytorch_does():
    # v = 1, then 0.9 + 2 = 2.9; w changes by 0.1 (1 + 0.9 v), then by 0.5 (2 + 0.9 v).
    found = changes(SGD(0.9), [(1.0, 0.1), (2.0, 0.5)])
    np.testing.assert_allclose(found, [-0.19, -2.305], rtol=1e-6)


def test_rmsprop_adds_epsilon_inside_the_root():
    # v = 0.1 * 4 = 0.4, then 0.36 + 0.4 = 0.76.
    found = changes(RMSprop(0.9, 0.6), [(2.0, 0.1), (2.0, 0.3)])
    np.testing.assert_allclose(found, [-0.2 / 1.0, -0.6 / np.sqrt(1.36)], rtol=1e-6)


def test_rmsprop_leaves_a_weight_without_gradient_alone():
    assert changes(RMSprop(0.9, 1e-14), [(0.0, 0.1)]) == [0.0]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"name": "sgd", "momentum": 0.8}, SGD(0.8)),
        ({"name": "rmsprop", "rho": 0.95, "epsilon": 1e-14}, RMSprop(0.95, 1e-14)),
        ({"name": "muon", "momentum": 0.8, "sgd_ratio": 4.0}, Muon(0.8, 4.0)),
    ],
)
def test_a_recipe_names_its_optimizer(settings, expected):
    assert from_settings(OPTIMIZERS[settings["name"]], settings) == expected


def kernel(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(3, 3, 3, 16), (3, 3, 64, 64), (1, 1, 16, 32)], ids=str)
def test_orthogonalizing_keeps_singular_vectors_and_levels_the_values(shape):
    start = kernel(*shape)
    matrix = start.reshape(-1, shape[-1])
    left, _, right = np.linalg.svd(matrix, full_matrices=False)

    found = np.asarray(orthogonalize(start)).reshape(matrix.shape)

    levelled = left.T @ found @ right.T
    values = np.diag(levelled)
    assert values.min() > 0.6
    assert values.max() < 1.3
    np.testing.assert_allclose(levelled, np.diag(values), atol=1e-3)


def test_muon_turns_a_kernel_by_the_rate_and_keeps_its_length():
    start, gradient, velocity = (kernel(3, 3, 4, 8, seed=seed) for seed in range(3))
    value, (slot,) = Muon(0.9, 5.0).update(start, gradient, [velocity], 0.03)

    np.testing.assert_allclose(slot, 0.9 * velocity + gradient, rtol=1e-6)
    direction = np.asarray(orthogonalize(gradient + 0.9 * np.asarray(slot)))
    length = np.linalg.norm(start)
    turned = start - 0.03 * length * direction / np.linalg.norm(direction)
    expected = turned * length / np.linalg.norm(turned)
    np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-6)
    assert np.linalg.norm(value) == pytest.approx(length, rel=1e-6)


def test_muon_leaves_a_kernel_without_a_gradient_as_it_is():
    kernel = np.random.default_rng(0).normal(size=(3, 3, 4, 8)).astype(np.float32)
    zeros = np.zeros_like(kernel)
    value, (slot,) = Muon(0.9, 5.0).update(kernel, zeros, [zeros], 0.03)
    np.testing.assert_allclose(value, kernel, rtol=1e-6)
    assert not np.asarray(slot).any()


@pytest.mark.parametrize("shape", [(64, 10), (16,)], ids=["dense", "scale"])
def test_muon_trains_everything_else_by_sgd_at_its_own_rate(shape):
    start, gradient, velocity = (kernel(*shape, seed=seed) for seed in range(3))
    found = Muon(0.9, 5.0).update(start, gradient, [velocity], 0.03)
    expected = SGD(0.9).update(start, gradient, [velocity], 0.15)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-6)
    np.testing.assert_allclose(found[1][0], expected[1][0], rtol=1e-6)


class ByHand:
    """Softmax regression trained in float64, as the Trainer should do it."""

    def __init__(self, kernel, bias, decay, smoothing):
        self.w, self.b = kernel.astype(np.float64), bias.astype(np.float64)
        self.decay, self.smoothing = decay, smoothing
        self.slots = [np.zeros_like(self.w), np.zeros_like(self.b)]

    def step(self, x, y, rate, update):
        logits = x @ self.w + self.b
        p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        one_hot = np.eye(3)[y]
        error = (p - one_hot * (1 - self.smoothing) - self.smoothing / 3) / len(y)
        gradients = [x.T @ error + self.decay * self.w, error.sum(0)]
        for i, (variable, gradient) in enumerate(zip((self.w, self.b), gradients, strict=True)):
            self.slots[i], direction = update(self.slots[i], gradient)
            variable -= rate * direction
        return -np.log(p[np.arange(len(y)), y]).sum(), (p.argmax(1) == y).sum()


def nesterov(slot, gradient):
    velocity = 0.9 * slot + gradient
    return velocity, gradient + 0.9 * velocity


def rmsprop(slot, gradient):
    mean_square = 0.9 * slot + 0.1 * gradient**2
    return mean_square, gradient / np.sqrt(mean_square + 1e-3)


@pytest.fixture
def problem():
    random = np.random.default_rng(0)
    network = keras.Sequential(
        [keras.Input((2, 2, 3)), keras.layers.Flatten(), keras.layers.Dense(3, name="logits")]
    )
    kernel, bias = random.normal(0, 0.5, (12, 3)), random.normal(0, 0.5, 3)
    network.set_weights([kernel, bias])
    x, y = random.integers(0, 256, (9, 2, 2, 3), np.uint8), random.integers(0, 3, 9, np.uint8)
    return network, x, y


def trainer(problem, optimizer, decayed=models.is_kernel, smoothing=0.1):
    network, x, y = problem
    decays = [0.05 if decayed(v) else 0.0 for v in network.trainable_variables]

    def prepare(x, draws, side):
        return tf.cast(x, tf.float32) / 255

    return Trainer(network, x, y, prepare, optimizer, decays, smoothing)


@pytest.mark.parametrize(
    ("optimizer", "update"),
    [(SGD(0.9), nesterov), (RMSprop(0.9, 1e-3), rmsprop)],
    ids=["sgd", "rmsprop"],
)
def test_steps_equal_numpy_with_smoothing_and_decay_of_kernels_only(problem, optimizer, update):
    network, x, y = problem
    by_hand = ByHand(*network.get_weights(), decay=0.05, smoothing=0.1)
    indices, rates = np.array([[0, 1, 2, 3], [8, 7, 6, 5]]), [0.3, 0.1]
    inputs = x.reshape(9, 12) / 255
    sums = [by_hand.step(inputs[i], y[i], r, update) for i, r in zip(indices, rates, strict=True)]

    losses, correct = trainer(problem, optimizer).run(indices, {}, rates)

    kernel, bias = network.get_weights()
    np.testing.assert_allclose(kernel, by_hand.w, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(bias, by_hand.b, rtol=1e-5, atol=1e-6)
    # The reported losses are plain cross-entropies, of each image: no smoothing, no penalty.
    assert losses.shape == indices.shape
    measured = np.transpose([np.sum(losses, 1), correct])
    np.testing.assert_allclose(measured, sums, rtol=1e-5)


def test_a_call_of_two_steps_equals_two_calls_and_slots_can_be_put_back(problem):
    network = problem[0]
    start, indices = network.get_weights(), np.array([[0, 1, 2, 3], [4, 5, 6, 7]])
    trainer(problem, SGD(0.9)).run(indices, {}, [0.3, 0.1])
    at_once = network.get_weights()

    network.set_weights(start)
    first = trainer(problem, SGD(0.9))
    first.run(indices[:1], {}, [0.3])
    second = trainer(problem, SGD(0.9))
    second.set_slots(first.slots())
    second.run(indices[1:], {}, [0.1])
    for found, expected in zip(network.get_weights(), at_once, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_draws_reach_the_images_that_they_were_drawn_for(problem):
    network, x, y = problem
    seen = []

    def prepare(images, draws, side):
        tf.py_function(lambda a, b: seen.append((a.numpy(), b.numpy())), [images, draws["n"]], [])
        return tf.cast(images, tf.float32)

    indices = np.array([[3, 1], [8, 0]])
    Trainer(network, x, y, prepare, SGD(0.0), [0.0] * 2, 0.0).run(
        indices, {"n": indices * 10}, [0.0, 0.0]
    )
    for step, (images, draws) in enumerate(seen):
        np.testing.assert_array_equal(images, x[indices[step]])
        np.testing.assert_array_equal(draws, indices[step] * 10)
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("decayed", "expected"),
    [(models.is_kernel, 0.05 / 2 * 12 * 3 * 4), (models.is_convolution_kernel, 0)],
)
def test_the_penalty_is_half_the_decay_times_the_squares_of_what_decays(problem, decayed, expected):
    problem[0].set_weights([np.full((12, 3), 2.0), np.full(3, 7.0)])
    found = trainer(problem, SGD(0.9), decayed).penalty()
    assert found == pytest.approx(expected, rel=1e-6)
