"""A training that survives every kill: epochs of the loop, checkpoints, finished files kept."""

import logging
import signal
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from resnetcam.backends.runtime import Runtime, in_words
from resnetcam.common.errors import InputError
from resnetcam.common.interruption import Interrupted, StopRequest, noticing_signals
from resnetcam.common.wording import counted
from resnetcam.data.dataset import DatasetReader
from resnetcam.data.protocols import chooses_nothing, selected_on
from resnetcam.recipe.costs import recipe_costs
from resnetcam.training.history import HISTORY_COLUMNS
from resnetcam.training.loop import Build, Epoch, TrainingData, begin, best_after, build
from resnetcam.training.outputs import OUTPUTS, write_outputs
from resnetcam.training.plan import Plan, decisive, description_of, ingredients
from resnetcam.training.progress import log_epoch, progress_bar
from resnetcam.training.provenance import describe_run, finished_now
from resnetcam.training.state import Checkpoint, StateStore, fingerprint
from resnetcam.training.steps_of_epoch import CallLength, Partial

__all__ = ["OUTPUTS", "Pace", "Plan", "load", "train"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pace:
    """How often a training pauses: to save its state, and on a CPU to notice a signal."""

    seconds_between_checkpoints: float = 60.0
    seconds_a_cpu_call: float = 1.0


def train(
    data_path: Path,
    plan: Plan,
    runtime: Runtime,
    state_root: Path,
    outputs: dict[str, Path],
    *,
    pace: Pace = Pace(),
    build: Build = build,
) -> None:
    """Write ``OUTPUTS`` for a plan: from stored results if there are any, else by training.

    A killed run, started again, goes on from its newest checkpoint, at most about a minute back,
    and ends with the weights of an undisturbed one (on a CPU with the same number of threads, bit
    for bit).

    Args:
        build: makes the network and its trainer.

    Raises:
        InputError: if the loss stops being finite; if the best epoch is asked for where nothing is
            chosen.
        Interrupted: after SIGTERM or SIGINT, with the state saved.
    """
    if chooses_nothing(plan.protocol) and plan.recipe["select"] == "best":
        raise InputError(
            f"recipe.select: 'best' is not allowed with the protocol {plan.protocol!r}, which "
            "chooses no epoch. Set it to `last`."
        )
    reader = DatasetReader(data_path)
    about = ingredients(reader, plan, runtime)
    name = fingerprint(decisive(about))
    store = StateStore(state_root, name, plan.recipe["select"], plan.writes)
    # Finished files do not change, so they need no lock, and no right to write it.
    if store.recall(outputs):
        return
    if not store.is_writable() and store.recall_of_other_code(outputs):
        return
    with store.locked():
        if store.recall(outputs):
            return
        store.warn_of_damage(outputs)
        found = store.load()
        is_trained = found is not None and found.epoch == plan.recipe["epochs"]
        if not is_trained and store.recall_of_other_code(outputs):
            return
        session = _Session(load(reader, plan.protocol), plan, runtime, pace, build)
        session.run(store, found)
        with store.finishing() as folder:
            write_outputs(
                folder,
                session.loop,
                session.checkpoint,
                plan.recipe["select"],
                description=description_of(reader),
                fingerprint=name,
                ingredients=about,
            )
        store.restore(outputs)


def load(reader: DatasetReader, protocol: str) -> TrainingData:
    """Read a protocol's images: those that train, and those that choose the epoch, if any do."""
    split = reader.split(protocol)
    y = reader.array("y_train")
    if selected_on(protocol) == "test":
        x_validation, y_validation = reader.images("x_test"), reader.array("y_test")
    else:
        x_validation = reader.images("x_train", split.validation)
        y_validation = y[split.validation]
    return TrainingData(
        reader.images("x_train", split.train),
        y[split.train],
        x_validation,
        y_validation,
        split.mean,
        len(reader.class_names),
    )


class _Session:
    """One training, from its first step or from a checkpoint."""

    def __init__(self, data: TrainingData, plan: Plan, runtime: Runtime, pace: Pace, build: Build):
        self.plan, self.runtime, self.pace = plan, runtime, pace
        self._provenance = describe_run(runtime)
        call_length = CallLength(runtime.device, pace.seconds_a_cpu_call)
        self.loop = begin(data, plan, runtime.precision, call_length, build)
        self.recipe = self.loop.recipe
        self.checkpoint = Checkpoint(0, Partial(), [], 0, [], [], [], hardware=[runtime.hardware])

    def run(self, store: StateStore, found: Checkpoint | None) -> None:
        """Train the epochs that are missing after a checkpoint."""
        if found:
            self._resume(found)
        recipe = self.recipe
        costs = recipe_costs(self.plan.recipe, self.loop.data.x.shape[1])
        with noticing_signals() as stop:
            while self.checkpoint.epoch < recipe.epochs:
                epoch = self.loop.epoch(self.checkpoint.epoch + 1, self.checkpoint.partial)
                seconds = self._train(epoch, store, stop)
                self._keep(self.loop.measure(epoch) | {"seconds": seconds}, store)
                log_epoch(self.checkpoint.history, costs)

    def _resume(self, found: Checkpoint) -> None:
        if found.epoch == self.recipe.epochs:
            logger.info("all %d epochs were trained before; writing the results", found.epoch)
        else:
            step = f" and {counted(found.partial.step, 'step')}" if found.partial.step else ""
            logger.info("going on after epoch %d of %d%s", found.epoch, self.recipe.epochs, step)
            found.resumed_after.append({"epochs": found.epoch, "steps": found.partial.step})
            self._note_hardware(found.hardware)
        self.checkpoint = found
        self.loop.resume(found.weights, found.slots, found.losses)

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

    def _train(self, epoch: Epoch, store: StateStore, stop: StopRequest) -> float:
        """Train an epoch to its end, with a checkpoint now and then; return its seconds."""
        done = self.checkpoint.partial
        clock = _Clock(done.seconds)
        first = min(done.step * self.recipe.batch_size, epoch.images)
        with progress_bar(epoch.number, self.recipe.epochs, first, epoch.images) as bar:
            for trained in epoch:
                bar.update(trained)
                if stop.signum or clock.has_run(self.pace.seconds_between_checkpoints):
                    self._pause(epoch, clock, store, stop)
            epoch.settled()
        return clock.seconds()

    def _pause(self, epoch: Epoch, clock: "_Clock", store: StateStore, stop: StopRequest) -> None:
        """Save the state within an epoch, and stop if that was asked for."""
        partial = replace(epoch.settled(), seconds=clock.seconds())
        rate = float(epoch.rates[partial.step - 1])
        weights = self.loop.finite_weights(epoch.number, partial.step, rate)
        store.save(
            replace(
                self.checkpoint,
                partial=partial,
                weights=weights,
                slots=self.loop.trainer.slots(),
                losses=self.loop.losses(),
            )
        )
        clock.restart()
        if stop.signum:
            raise Interrupted(
                f"stopped by {signal.Signals(stop.signum).name} in epoch {epoch.number} after step "
                f"{partial.step} of {epoch.steps}. The state is saved; the same command goes "
                "on from there.",
                stop.signum,
            )

    def _keep(self, row: dict[str, float], store: StateStore) -> None:
        """Save the state after an epoch."""
        state, weights = self.checkpoint, self.loop.trainer.weights()
        before = state.best_epoch, state.best_weights
        best_epoch, best_weights = best_after(row, weights, state.history, before)
        ended = row["epoch"] == self.recipe.epochs
        self.checkpoint = replace(
            state,
            epoch=int(row["epoch"]),
            partial=Partial(),
            history=[*state.history, {name: row[name] for name in HISTORY_COLUMNS if name in row}],
            best_epoch=best_epoch,
            weights=weights,
            slots=self.loop.trainer.slots(),
            losses=self.loop.losses(),
            best_weights=best_weights,
            provenance=finished_now(self._provenance) if ended else {},
        )
        store.save(self.checkpoint)


class _Clock:
    """The seconds that an epoch has taken, over all sittings, and since the last checkpoint."""

    def __init__(self, seconds_before: float):
        self._started = self._saved = time.perf_counter()
        self._before = seconds_before

    def seconds(self) -> float:
        return self._before + time.perf_counter() - self._started

    def has_run(self, seconds: float) -> bool:
        return time.perf_counter() - self._saved > seconds

    def restart(self) -> None:
        self._saved = time.perf_counter()
