"""Training: epochs of compiled steps, a checkpoint after each, the plain model at the end."""

import logging
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from resnetcam import augmentation, models, optimizers, randomness, schedules
from resnetcam.backends import tensorflow_training as backend
from resnetcam.backends.runtime import Runtime
from resnetcam.dataset import DatasetReader
from resnetcam.errors import InputError
from resnetcam.evaluation import logits_model, predict_logits
from resnetcam.files import replacing, write_json
from resnetcam.history import HISTORY_COLUMNS, write_history
from resnetcam.provenance import describe_run
from resnetcam.scoring import accuracy_and_loss
from resnetcam.state import Checkpoint, StateStore, fingerprint

logger = logging.getLogger(__name__)

OUTPUTS = ("model.keras", "history.csv", "run.json")


@dataclass(frozen=True)
class Plan:
    """What is to be trained, in the config's own terms."""

    model: dict[str, Any]
    recipe: dict[str, Any]
    protocol: str
    seed: int
    precision: str
    code: str


@dataclass(frozen=True)
class TrainingData:
    """uint8 images (N, H, W, 3) and labels (N,): those that train and those that choose."""

    x: NDArray[np.uint8]
    y: NDArray[np.uint8]
    x_validation: NDArray[np.uint8]
    y_validation: NDArray[np.uint8]
    mean: NDArray[np.float32]
    num_classes: int


def train(
    data_path: Path, plan: Plan, runtime: Runtime, state_root: Path, outputs: dict[str, Path]
) -> None:
    """Write ``OUTPUTS`` for a plan: from stored results if there are any, else by training.

    A killed run, started again, goes on after the last whole epoch and ends with the weights of an
    undisturbed one (on a CPU with the same number of threads, bit for bit).

    Raises:
        InputError: if the loss stops being finite.
    """
    reader = DatasetReader(data_path)
    ingredients = _ingredients(reader, plan, runtime)
    store = StateStore(state_root, fingerprint(ingredients))
    with store.locked():
        if store.recall(outputs):
            logger.info("nothing to train: outputs given back from %s", store.directory)
            return
        session = _Session(_load(reader, plan.protocol), plan, runtime)
        session.run(store)
        session.write(outputs, store.directory.name, ingredients)
        store.finish(outputs)


class _Session:
    """One training, from its first epoch or from a checkpoint."""

    def __init__(self, data: TrainingData, plan: Plan, runtime: Runtime):
        self.data, self.plan, self.runtime = data, plan, runtime
        self.recipe = plan.recipe
        self.network, self.classifier = _build_networks(data, plan, runtime.precision)
        self.logits = logits_model(self.classifier)
        decays = {"all": models.is_kernel, "convolutions": models.is_convolution_kernel}
        self.trainer = backend.Trainer(
            self.network,
            data.x,
            data.y,
            augmentation.build_prepare(self.recipe["augmentation"], data.mean),
            optimizers.build_optimizer(self.recipe["optimizer"], self.recipe["weight_decay"]),
            decays[self.recipe["decayed_kernels"]],
            self.recipe["label_smoothing"],
        )
        self.checkpoint = Checkpoint(0, [], 0, [], [], [])

    def run(self, store: StateStore) -> None:
        """Train the epochs that are missing, with a checkpoint after each."""
        if found := store.load():
            logger.info("going on after epoch %d of %d", found.epoch, self.recipe["epochs"])
            self.checkpoint = found
            self.checkpoint.resumed_after.append(found.epoch)
            self.network.set_weights(found.weights)
            self.trainer.set_slots(found.slots)
        for epoch in range(self.checkpoint.epoch + 1, self.recipe["epochs"] + 1):
            row = self._train_epoch(epoch)
            self.classifier.set_weights(self.network.get_weights())
            logits = predict_logits(self.logits, self.data.x_validation)
            row["val_accuracy"], row["val_loss"] = accuracy_and_loss(logits, self.data.y_validation)
            if not math.isfinite(row["val_loss"]):
                steps = math.ceil(len(self.data.y) / self.recipe["batch_size"])
                raise _diverged(epoch, 0, steps, row["learning_rate"])
            self._keep(row, store)
            self._log(row)

    def write(self, outputs: dict[str, Path], name: str, ingredients: dict[str, Any]) -> None:
        """Write the selected model, the history and the run's provenance."""
        best = self.recipe["select"] == "best"
        state = self.checkpoint
        self.classifier.set_weights(state.best_weights if best else state.weights)
        with replacing(outputs["model.keras"]) as temporary:
            self.classifier.save(temporary)
        with replacing(outputs["history.csv"]) as temporary:
            write_history(temporary, state.history)
        provenance = describe_run(self.runtime) | {
            "fingerprint": name,
            "ingredients": ingredients,
            "selected_epoch": state.best_epoch if best else state.epoch,
            "best_epoch": state.best_epoch,
            "resumed_after_epochs": state.resumed_after,
            "training_images": len(self.data.y),
            "parameters": self.network.count_params(),
        }
        write_json(outputs["run.json"], provenance)

    def _train_epoch(self, epoch: int) -> dict[str, float]:
        n, batch = len(self.data.y), self.recipe["batch_size"]
        steps = math.ceil(n / batch)
        rates = schedules.learning_rates(
            self.recipe["schedule"], epoch, self.recipe["epochs"], steps
        )
        order = randomness.permutation(self.plan.seed, epoch, n)
        height, width = self.data.x.shape[1:3]
        draws = randomness.augmentation_draws(
            self.recipe["augmentation"], self.plan.seed, epoch, n, height, width
        )
        loss = hits = 0.0
        started = time.perf_counter()
        with self._progress_bar(epoch, n) as bar:
            for step, indices in _chunks(order, batch, self._steps_a_call):
                part_loss, part_hits = self.trainer.run(
                    indices,
                    {key: values[indices] for key, values in draws.items()},
                    rates[step : step + len(indices)],
                )
                if not math.isfinite(part_loss):
                    raise _diverged(epoch, step, len(indices), rates[step])
                loss, hits = loss + part_loss, hits + part_hits
                bar.update(indices.size)
        return {
            "epoch": epoch,
            "learning_rate": float(rates[-1]),
            "seconds": time.perf_counter() - started,
            "loss": loss / n,
            "penalty": self.trainer.penalty(),
            "accuracy": hits / n,
        }

    def _keep(self, row: dict[str, float], store: StateStore) -> None:
        state = self.checkpoint
        history = [*state.history, {column: row[column] for column in HISTORY_COLUMNS}]
        weights = self.network.get_weights()
        best_epoch, best_weights = state.best_epoch, state.best_weights
        if not best_epoch or row["val_accuracy"] > history[best_epoch - 1]["val_accuracy"]:
            best_epoch, best_weights = int(row["epoch"]), weights
        self.checkpoint = Checkpoint(
            int(row["epoch"]),
            history,
            best_epoch,
            weights,
            self.trainer.slots(),
            best_weights,
            state.resumed_after,
        )
        store.save(self.checkpoint)

    def _log(self, row: dict[str, float]) -> None:
        epochs = self.recipe["epochs"]
        seconds = [past["seconds"] for past in self.checkpoint.history[-3:]]
        left = (epochs - row["epoch"]) * sum(seconds) / len(seconds)
        logger.info(
            "epoch %*d/%d  lr %.2e  loss %.4f  accuracy %.4f  val_loss %.4f  val_accuracy %.4f  "
            "%.1f s%s",
            len(str(epochs)),
            row["epoch"],
            epochs,
            row["learning_rate"],
            row["loss"],
            row["accuracy"],
            row["val_loss"],
            row["val_accuracy"],
            row["seconds"],
            f"  about {_duration(left)} left" if left else "",
        )

    def _progress_bar(self, epoch: int, images: int) -> Any:
        return tqdm(
            total=images,
            desc=f"epoch {epoch}/{self.recipe['epochs']}",
            unit=" images",
            unit_scale=True,
            leave=False,
            file=sys.stderr,
            disable=not sys.stderr.isatty(),
        )

    @property
    def _steps_a_call(self) -> int:
        """On a GPU many, so that launches never wait; on a CPU few, for the progress bar."""
        return 100 if self.runtime.device == "gpu" else max(1, 1024 // self.recipe["batch_size"])


def _build_networks(
    data: TrainingData, plan: Plan, precision: str
) -> tuple[keras.Model, keras.Model]:
    """The network that learns, in the given precision, and its float32 twin that is saved."""
    family, depth = plan.model["family"], plan.model["depth"]
    momentum = plan.recipe["batch_norm_momentum"]
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    network = models.build_network(
        family,
        depth,
        data.x.shape[1:],
        data.num_classes,
        batch_norm_momentum=momentum,
        normalization=backend.NORMALIZATION,
    )
    keras.config.set_dtype_policy("float32")
    classifier = models.build_classifier(
        family, depth, data.mean, data.num_classes, batch_norm_momentum=momentum
    )
    models.initialize(network, plan.seed)
    return network, classifier


def _ingredients(reader: DatasetReader, plan: Plan, runtime: Runtime) -> dict[str, Any]:
    """Everything that decides the trained weights; its hash is the fingerprint."""
    arrays = ["x_train", "y_train", *(f"{plan.protocol}/{name}" for name in ("train", "mean"))]
    chooses_on_test = not reader.split(plan.protocol).validation.size
    arrays += ["x_test", "y_test"] if chooses_on_test else [f"{plan.protocol}/validation"]
    return {
        "data": {name: reader.sha256(name) for name in arrays},
        "classes": len(reader.class_names),
        "versions": runtime.versions,
        **asdict(plan),
    }


def _load(reader: DatasetReader, protocol: str) -> TrainingData:
    split = reader.split(protocol)
    x, y = reader.array("x_train"), reader.array("y_train")
    if split.validation.size:
        x_validation, y_validation = x[split.validation], y[split.validation]
    else:
        x_validation, y_validation = reader.array("x_test"), reader.array("y_test")
    return TrainingData(
        x[split.train],
        y[split.train],
        x_validation,
        y_validation,
        split.mean,
        len(reader.class_names),
    )


def _chunks(
    order: NDArray[np.int64], batch: int, steps: int
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Cut an order into (first step, indices (S, B)); a smaller last batch comes alone."""
    full = len(order) // batch
    for step in range(0, full, steps):
        stop = min(step + steps, full)
        yield step, order[step * batch : stop * batch].reshape(-1, batch)
    if rest := len(order) % batch:
        yield full, order[-rest:].reshape(1, rest)


def _diverged(epoch: int, step: int, steps: int, rate: float) -> InputError:
    return InputError(
        f"the loss is no longer finite in epoch {epoch}, {_steps(step, steps)}, at "
        f"learning rate {rate:.3g}. Try a lower learning rate or a longer warm-up in the recipe's "
        "`schedule`, or `precision: float32`. The state before this epoch is kept."
    )


def _steps(step: int, steps: int) -> str:
    return f"step {step + 1}" if steps == 1 else f"steps {step + 1} to {step + steps}"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
