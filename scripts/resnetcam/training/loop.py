"""What a training computes, from its first weights to its last: the training loop.

This module and all that it uses decide a network's weights, and no more than they do: they are what
a training's fingerprint covers (``workflow.training_code``). So nothing here knows of files,
progress bars or where a run came from; ``session`` does.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from resnetcam.backends import door
from resnetcam.evaluation.logits import logits_function
from resnetcam.evaluation.scoring import accuracy_and_loss
from resnetcam.networks import models
from resnetcam.recipe import augmentation, randomness, resizing, skipping
from resnetcam.recipe.recipe import Recipe
from resnetcam.training.plan import Plan
from resnetcam.training.steps_of_epoch import CallLength, Partial, calls, diverged

Weights = list[NDArray[np.float32]]


@dataclass(frozen=True)
class TrainingData:
    """uint8 images (N, H, W, channels) and labels (N,): those that train and those that choose.

    Where nothing is chosen, the latter are empty. Images may be ``Rows`` of a file.
    ``mean`` is the mean training image, float32 (H, W, channels) in units of pixel/255.
    """

    x: NDArray[np.uint8]
    y: NDArray[np.integer]
    x_validation: NDArray[np.uint8]
    y_validation: NDArray[np.integer]
    mean: NDArray[np.float32]
    num_classes: int


@dataclass(frozen=True)
class Machinery:
    """The network that learns, its float32 twin that is saved, and what runs the two."""

    network: keras.Model
    classifier: keras.Model
    trainer: door.Trainer
    logits_of: Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def build(
    data: TrainingData, model: Mapping[str, Any], recipe: Recipe, seed: int, precision: str
) -> Machinery:
    """Build a network with its first weights, and its trainer.

    Args:
        model: ``family`` and ``depth``.
        precision: that the network computes in, ``float32`` or ``bfloat16``.
    """
    momentum = recipe.batch_norm_momentum
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    network = models.build_network(
        model["family"],
        model["depth"],
        data.x.shape[-1],
        data.num_classes,
        side=data.x.shape[1],
        batch_norm_momentum=momentum,
        normalization=door.normalization(),
    )
    keras.config.set_dtype_policy("float32")
    classifier = models.build_classifier(
        model["family"], model["depth"], data.mean, data.num_classes, batch_norm_momentum=momentum
    )
    models.initialize(network, seed)
    decayed = {"all": models.is_kernel, "convolutions": models.is_convolution_kernel}
    is_decayed = decayed[recipe.decayed_kernels]
    trainer = door.trainer(
        network,
        data.x,
        data.y,
        augmentation.build_prepare(recipe.augmentation.subtract_mean, data.mean),
        recipe.optimizer,
        [recipe.weight_decay if is_decayed(v) else 0.0 for v in network.trainable_variables],
        recipe.label_smoothing,
    )
    return Machinery(network, classifier, trainer, logits_function(classifier))


Build = Callable[[TrainingData, Mapping[str, Any], Recipe, int, str], Machinery]


def begin(
    data: TrainingData,
    plan: Plan,
    precision: str,
    call_length: CallLength,
    build: Build = build,
) -> "Loop":
    """Return the loop of a plan at its start; ``build`` makes the network and its trainer."""
    recipe = Recipe.from_settings(plan.recipe)
    machinery = build(data, plan.model, recipe, plan.seed, precision)
    return Loop(data, recipe, plan.seed, machinery, call_length)


class Loop:
    """Epochs of steps on a network, and what is measured after each."""

    def __init__(
        self,
        data: TrainingData,
        recipe: Recipe,
        seed: int,
        machinery: Machinery,
        call_length: CallLength,
    ):
        self.data, self.recipe, self._seed = data, recipe, seed
        self.machinery = machinery
        self.trainer = machinery.trainer
        self.call_length = call_length
        # Of each image, when it was last seen: by now, and before the epoch under way.
        self._losses = np.full(len(data.y), np.inf, np.float32)
        self._losses_before = self._losses
        self.sides = resizing.image_sides(
            recipe.progressive_resizing, recipe.epochs, data.x.shape[1]
        )

    def resume(self, weights: Weights, slots: Weights, losses: Weights) -> None:
        """Go on from what a checkpoint kept of the network, the optimizer and ``losses``."""
        self.trainer.set_weights(weights)
        self.trainer.set_slots(slots)
        if losses:
            self._losses, self._losses_before = losses

    def losses(self) -> Weights:
        """What to keep of the images' losses: nothing where no image is ever left out."""
        return [self._losses.copy(), self._losses_before] if self.recipe.skip_easy else []

    def note(self, indices: NDArray[np.integer], losses: NDArray[np.float32]) -> None:
        """Note the losses of images that a step has seen."""
        self._losses[indices] = losses

    def epoch(self, number: int, partial: Partial) -> "Epoch":
        """Return an epoch, counted from 1, that goes on after what was done of it."""
        recipe, (n, height, width) = self.recipe, self.data.x.shape[:3]
        draws = randomness.augmentation_draws(
            recipe.augmentation, self._seed, number, n, height, width
        )
        order = randomness.permutation(self._seed, number, n)
        if not partial.step:
            self._losses_before = self._losses.copy()
        lots = randomness.uniform(self._seed, number, "skip", n)
        kept = skipping.kept(recipe.skip_easy, number, self._losses_before, lots)
        if not kept.all():
            order = skipping.whole_batches(order[kept[order]], recipe.batch_size)
        return Epoch(self, number, order, draws, partial)

    def measure(self, epoch: "Epoch") -> dict[str, float]:
        """Return an epoch's row of the history, but for its seconds, after its last step.

        The row has ``val_loss`` and ``val_accuracy`` only where there are images to choose on.

        Raises:
            InputError: if a number is no longer finite.
        """
        partial = epoch.settled()
        rate = float(epoch.rates[-1])
        weights = self.finite_weights(epoch.number, epoch.steps, rate)
        row = {
            "epoch": epoch.number,
            "learning_rate": rate,
            "loss": partial.loss / epoch.images,
            "penalty": self.trainer.penalty(),
            "accuracy": partial.correct / epoch.images,
            "images": epoch.images,
        }
        if not self.data.y_validation.size:
            return row
        self.machinery.classifier.set_weights(weights)
        logits = self.machinery.logits_of(self.data.x_validation)
        val_accuracy, val_loss = accuracy_and_loss(logits, self.data.y_validation)
        if not math.isfinite(val_loss):
            raise diverged(epoch.number, epoch.steps, rate)
        return {**row, "val_loss": val_loss, "val_accuracy": val_accuracy}

    def finite_weights(self, epoch: int, step: int, rate: float) -> Weights:
        """Return the network's weights after a step.

        Raises:
            InputError: if they are no longer finite.
        """
        weights = self.trainer.weights()
        if not all(np.isfinite(values).all() for values in weights):
            raise diverged(epoch, step, rate, "weights are")
        return weights


class Epoch:
    """One epoch under way: iterating runs it, a call of steps at a time.

    Attributes:
        images, steps: how many it has; rates: each step's learning rate.
    """

    def __init__(
        self,
        loop: Loop,
        number: int,
        order: NDArray[np.int64],
        draws: Mapping[str, NDArray[Any]],
        partial: Partial,
    ):
        recipe = loop.recipe
        self.number, self.images = number, len(order)
        self.steps = math.ceil(len(order) / recipe.batch_size)
        progress = skipping.progress(recipe.skip_easy, number, recipe.epochs, self.steps)
        self.rates = recipe.schedule.learning_rates(number, progress)
        self._loop, self._order, self._draws, self._batch = loop, order, draws, recipe.batch_size
        self._partial = partial
        self._running: tuple[Any, ...] | None = None

    def __iter__(self) -> Iterator[int]:
        """Run the steps that are left; yield after each call how many images it was of."""
        length, side = self._loop.call_length, self._loop.sides[self.number - 1]
        for step, indices in calls(self._order, self._batch, length, self._partial.step):
            chosen = {key: values[indices] for key, values in self._draws.items()}
            rates = self.rates[step : step + len(indices)]
            with length.timed(len(indices)):
                results = self._loop.trainer.run(indices, chosen, rates, side)
            # One call's results are read while the next call is under way.
            self.settled()
            self._running = indices, step, rates, *results
            yield indices.size

    def settled(self) -> Partial:
        """Return what was done, the last call included, for whose results this waits."""
        if self._running:
            (indices, *results), self._running = self._running, None
            self._partial = self._partial.after(self.number, *results)
            self._loop.note(indices, np.asarray(results[2]))
        return self._partial


def best_after(
    row: Mapping[str, float],
    weights: Weights,
    history: Sequence[Mapping[str, float]],
    best: tuple[int, Weights],
) -> tuple[int, Weights]:
    """Return the epoch of the highest validation accuracy, the first of ties, and its weights.

    Where nothing is chosen, no epoch is known to be the best: (0, []).

    Args:
        row, weights: of the epoch that has ended.
        history: the rows before it; best: what this returned after them, (0, []) at the start.
    """
    if "val_accuracy" not in row:
        return best
    epoch, _ = best
    better = not epoch or row["val_accuracy"] > history[epoch - 1]["val_accuracy"]
    return (int(row["epoch"]), weights) if better else best
