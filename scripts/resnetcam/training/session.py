"""Training: epochs of compiled steps, checkpoints in between, the plain model at the end."""

import contextlib
import logging
import math
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from resnetcam.backends.runtime import Runtime, in_words
from resnetcam.common.errors import InputError
from resnetcam.common.files import replacing, write_json
from resnetcam.common.interruption import Interrupted, StopRequest, noticing_signals
from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation.classifier import logits_function
from resnetcam.evaluation.scoring import accuracy_and_loss
from resnetcam.networks import models
from resnetcam.networks.saving import save_classifier
from resnetcam.recipe import augmentation, optimizers, randomness, resizing, schedules
from resnetcam.training.history import HISTORY_COLUMNS, write_history
from resnetcam.training.progress import log_epoch, progress_bar
from resnetcam.training.provenance import describe_run
from resnetcam.training.state import Checkpoint, Partial, StateStore, fingerprint

if keras.backend.backend() == "jax":
    from resnetcam.backends.on_jax import training as backend
else:
    from resnetcam.backends.on_tensorflow import training as backend

logger = logging.getLogger(__name__)

OUTPUTS = ("model.keras", "history.csv", "run.json")
_SECONDS_BETWEEN_CHECKPOINTS = 60.0
# A call on a GPU is long, so that launches never wait; one on a CPU short, for signals do.
_STEPS_A_GPU_CALL = 400
_SECONDS_A_CPU_CALL = 1.0


@dataclass(frozen=True)
class Plan:
    """What is to be trained, in the config's own terms."""

    model: dict[str, Any]
    recipe: dict[str, Any]
    protocol: str
    seed: int
    backend: str
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

    A killed run, started again, goes on from its newest checkpoint, at most about a minute back,
    and ends with the weights of an undisturbed one (on a CPU with the same number of threads, bit
    for bit).

    Raises:
        InputError: if the loss stops being finite.
        Interrupted: after SIGTERM or SIGINT, with the state saved.
    """
    reader = DatasetReader(data_path)
    ingredients = _ingredients(reader, plan, runtime)
    store = StateStore(state_root, _fingerprint(ingredients), plan.recipe["select"])
    # Finished files do not change, so they need no lock, and no right to write it.
    if store.recall(outputs):
        return
    with store.locked():
        if store.recall(outputs):
            return
        store.warn_of_damage(outputs)
        session = _Session(_load(reader, plan.protocol), plan, runtime)
        session.run(store)
        with store.finishing() as folder:
            session.write(folder, store.directory.name, ingredients)
        store.give_back(outputs)


class _Session:
    """One training, from its first step or from a checkpoint."""

    def __init__(self, data: TrainingData, plan: Plan, runtime: Runtime):
        self.data, self.plan, self.runtime = data, plan, runtime
        self.recipe = plan.recipe
        self.steps = math.ceil(len(data.y) / self.recipe["batch_size"])
        self.sides = resizing.image_sides(self.recipe)
        self.call_length = _CallLength(runtime.device)
        self.network, self.classifier = _build_networks(data, plan, runtime.precision)
        self.logits_of = logits_function(self.classifier)
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
        self.checkpoint = Checkpoint(0, Partial(), [], 0, [], [], [], hardware=[runtime.hardware])

    def run(self, store: StateStore) -> None:
        """Train the epochs that are missing."""
        if found := store.load():
            self._resume(found)
        costs = resizing.relative_costs(self.recipe, self.data.x.shape[1])
        with noticing_signals() as stop:
            while self.checkpoint.epoch < self.recipe["epochs"]:
                row = self._train_epoch(store, stop)
                weights = self._finite_weights(self.steps, row["learning_rate"])
                self.classifier.set_weights(weights)
                logits = self.logits_of(self.data.x_validation)
                row["val_accuracy"], row["val_loss"] = accuracy_and_loss(
                    logits, self.data.y_validation
                )
                if not math.isfinite(row["val_loss"]):
                    raise _diverged(int(row["epoch"]), self.steps, row["learning_rate"])
                self._keep(row, weights, store)
                log_epoch(self.checkpoint.history, costs)

    def write(self, folder: Path, name: str, ingredients: dict[str, Any]) -> None:
        """Write ``OUTPUTS``: the selected model, the history and the run's provenance."""
        best = self.recipe["select"] == "best"
        state = self.checkpoint
        self.classifier.set_weights(state.best_weights if best else state.weights)
        with replacing(folder / "model.keras") as temporary:
            save_classifier(self.classifier, temporary)
        with replacing(folder / "history.csv") as temporary:
            write_history(temporary, state.history)
        # The hardware that trained last, which may not be what writes this.
        provenance = describe_run(self.runtime) | state.hardware[-1]
        provenance |= {
            "fingerprint": name,
            "ingredients": ingredients,
            "selected_epoch": state.best_epoch if best else state.epoch,
            "best_epoch": state.best_epoch,
            "resumed_after": state.resumed_after,
            "hardware": state.hardware,
            "training_images": len(self.data.y),
            "parameters": self.network.count_params(),
        }
        write_json(folder / "run.json", provenance)

    def _resume(self, found: Checkpoint) -> None:
        if found.epoch == self.recipe["epochs"]:
            logger.info("all %d epochs were trained before; writing the results", found.epoch)
        else:
            step = f" and {found.partial.step} of {self.steps} steps" if found.partial.step else ""
            logger.info("going on after epoch %d of %d%s", found.epoch, self.recipe["epochs"], step)
            found.resumed_after.append({"epochs": found.epoch, "steps": found.partial.step})
            self._note_hardware(found.hardware)
        self.checkpoint = found
        self.trainer.set_weights(found.weights)
        self.trainer.set_slots(found.slots)

    def _note_hardware(self, trained_on: list[dict[str, Any]]) -> None:
        """Add this machine to those that a training began on, if it may compute other bits."""
        before, now = trained_on[-1], self.runtime.hardware
        # What a GPU computes does not depend on the processor's threads.
        ignored = {"threads"} if now["device"] == "gpu" else set()
        if any(before[key] != now[key] for key in now.keys() - ignored):
            logger.warning(
                "trained so far on %s; the weights will differ a little from those of a training "
                "that stays there",
                in_words(before),
            )
            trained_on.append(now)

    def _train_epoch(self, store: StateStore, stop: StopRequest) -> dict[str, float]:
        """Train the epoch under way to its end, with a checkpoint now and then."""
        epoch, partial = self.checkpoint.epoch + 1, self.checkpoint.partial
        order, draws, rates = self._inputs_of(epoch)
        clock = _Clock(partial.seconds)
        calls = _chunks(order, self.recipe["batch_size"], self.call_length, partial.step)
        done = partial.step * self.recipe["batch_size"]
        with progress_bar(epoch, self.recipe["epochs"], done, len(order)) as bar:
            running = None
            for step, indices in calls:
                chosen = {key: values[indices] for key, values in draws.items()}
                call_rates = rates[step : step + len(indices)]
                with self.call_length.timed(len(indices)):
                    results = self.trainer.run(indices, chosen, call_rates, self.sides[epoch - 1])
                # One call's results are read while the next call is under way.
                if running:
                    partial = _count(partial, epoch, *running)
                running = step, call_rates, *results
                bar.update(indices.size)
                if stop.signum or clock.is_due():
                    partial, running = _count(partial, epoch, *running), None
                    self._pause(partial, call_rates[-1], clock, store, stop)
            if running:
                partial = _count(partial, epoch, *running)
        return {
            "epoch": epoch,
            "learning_rate": float(rates[-1]),
            "seconds": clock.seconds(),
            "loss": partial.loss / len(order),
            "penalty": self.trainer.penalty(),
            "accuracy": partial.hits / len(order),
        }

    def _inputs_of(self, epoch: int) -> tuple[Any, dict[str, Any], Any]:
        """The order of an epoch's images, their draws, and the learning rate of each step."""
        seed, settings = self.plan.seed, self.recipe["augmentation"]
        n, height, width = self.data.x.shape[:3]
        return (
            randomness.permutation(seed, epoch, n),
            randomness.augmentation_draws(settings, seed, epoch, n, height, width),
            schedules.learning_rates(
                self.recipe["schedule"], epoch, self.recipe["epochs"], self.steps
            ),
        )

    def _pause(
        self, partial: Partial, rate: float, clock: "_Clock", store: StateStore, stop: StopRequest
    ) -> None:
        """Save the state within an epoch, and stop if that was asked for."""
        partial = replace(partial, seconds=clock.seconds())
        weights, slots = self._finite_weights(partial.step, rate), self.trainer.slots()
        store.save(replace(self.checkpoint, partial=partial, weights=weights, slots=slots))
        clock.restart()
        if stop.signum:
            raise Interrupted(
                f"stopped by {signal.Signals(stop.signum).name} in epoch "
                f"{self.checkpoint.epoch + 1} after step {partial.step} of {self.steps}. The state "
                "is saved; the same command goes on from there.",
                stop.signum,
            )

    def _keep(
        self, row: dict[str, float], weights: list[NDArray[np.float32]], store: StateStore
    ) -> None:
        """Save the state after an epoch."""
        state = self.checkpoint
        history = [*state.history, {column: row[column] for column in HISTORY_COLUMNS}]
        best_epoch, best_weights = state.best_epoch, state.best_weights
        if not best_epoch or row["val_accuracy"] > history[best_epoch - 1]["val_accuracy"]:
            best_epoch, best_weights = int(row["epoch"]), weights
        self.checkpoint = replace(
            state,
            epoch=int(row["epoch"]),
            partial=Partial(),
            history=history,
            best_epoch=best_epoch,
            weights=weights,
            slots=self.trainer.slots(),
            best_weights=best_weights,
        )
        store.save(self.checkpoint)

    def _finite_weights(self, step: int, rate: float) -> list[NDArray[np.float32]]:
        """The weights after a step of the epoch under way."""
        weights = self.trainer.weights()
        if not all(np.isfinite(values).all() for values in weights):
            raise _diverged(self.checkpoint.epoch + 1, step, rate, "weights are")
        return weights


class _Clock:
    """The seconds that an epoch has taken, over all sittings, and when to save."""

    def __init__(self, seconds_before: float):
        self._started = self._saved = time.perf_counter()
        self._before = seconds_before

    def seconds(self) -> float:
        return self._before + time.perf_counter() - self._started

    def is_due(self) -> bool:
        return time.perf_counter() - self._saved > _SECONDS_BETWEEN_CHECKPOINTS

    def restart(self) -> None:
        self._saved = time.perf_counter()


class _CallLength:
    """How many steps to run in the next call: on a CPU what takes a second, as the last one did.

    A step of a deep network takes seconds, and a signal or a checkpoint that is due waits for them.
    """

    def __init__(self, device: str):
        self._adapts = device != "gpu"
        self.steps = 1 if self._adapts else _STEPS_A_GPU_CALL

    @contextlib.contextmanager
    def timed(self, steps: int) -> Iterator[None]:
        """Measure a call of so many steps; the next one runs at most twice as many."""
        started = time.perf_counter()
        yield
        if self._adapts:
            in_time = _SECONDS_A_CPU_CALL * steps / (time.perf_counter() - started)
            self.steps = max(1, min(int(in_time), 2 * self.steps))


def _count(partial: Partial, epoch: int, step: int, rates: Any, losses: Any, hits: Any) -> Partial:
    """Add a call's results, in double precision and step by step, however calls are cut."""
    losses, hits = np.asarray(losses, np.float64), np.asarray(hits, np.float64)
    finite = np.isfinite(losses)
    if not finite.all():
        first = int(finite.argmin())
        raise _diverged(epoch, step + first + 1, rates[first])
    return replace(
        partial,
        step=step + len(losses),
        loss=sum(losses.tolist(), partial.loss),
        hits=sum(hits.tolist(), partial.hits),
    )


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
        data.x.shape[-1],
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
    """Everything that decides the trained weights, and whose are selected."""
    arrays = ["x_train", "y_train", *(f"{plan.protocol}/{name}" for name in ("train", "mean"))]
    chooses_on_test = not reader.split(plan.protocol).validation.size
    arrays += ["x_test", "y_test"] if chooses_on_test else [f"{plan.protocol}/validation"]
    return {
        "data": {name: reader.sha256(name) for name in arrays},
        "classes": len(reader.class_names),
        "versions": runtime.versions,
        **asdict(plan),
    }


def _fingerprint(ingredients: dict[str, Any]) -> str:
    """Name what decides the training; whose weights are selected is decided after it."""
    recipe = {key: value for key, value in ingredients["recipe"].items() if key != "select"}
    return fingerprint(ingredients | {"recipe": recipe})


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
    order: NDArray[np.int64], batch: int, call: _CallLength, start: int = 0
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Cut an order, from a step on, into (step, indices (S, B)); a smaller last batch is alone."""
    full = len(order) // batch
    step = start
    while step < full:
        stop = min(step + call.steps, full)
        yield step, order[step * batch : stop * batch].reshape(-1, batch)
        step = stop
    if (rest := len(order) % batch) and start <= full:
        yield full, order[-rest:].reshape(1, rest)


def _diverged(epoch: int, step: int, rate: float, what: str = "loss is") -> InputError:
    return InputError(
        f"the {what} no longer finite in epoch {epoch}, step {step}, at learning rate {rate:.3g}. "
        "Try a lower learning rate in the recipe's `schedule`, a longer warm-up if it has one, or "
        "`precision: float32` where it is bfloat16. The state before this is kept."
    )
