"""A training on 48 images of 8x8 pixels, with the real network or with steps that cost nothing."""

import json
import logging

import numpy as np
from small_recipe import RECIPE
from small_stage import rule_of_a_stage

from resnetcam.training import loop, outputs, session
from resnetcam.training.outputs import OUTPUTS
from resnetcam.training.plan import Plan
from resnetcam.workflow import stage

# Every call runs one step, and a checkpoint follows.
AFTER_EVERY_STEP = session.Pace(seconds_between_checkpoints=-1, seconds_a_cpu_call=0)


class Run:
    """A training with its state, outputs and log in one folder."""

    pace = session.Pace()
    build = staticmethod(loop.build)

    def __init__(self, folder, data, runtime, state=None, seed=1, protocol="holdout", **changes):
        self.folder, self.data, self.runtime = folder, data, runtime
        self.state = state or folder / "state"
        self.plan = Plan(
            model={"family": "resnet_v1", "depth": 8},
            recipe=RECIPE | {"select": "best"} | changes,
            protocol=protocol,
            seed=seed,
            backend="tensorflow",
            precision="float32",
            code="c",
        )
        self.outputs = {name: folder / "out" / name for name in OUTPUTS}

    def __call__(self):
        session.train(
            self.data,
            self.plan,
            self.runtime,
            self.state,
            self.outputs,
            pace=self.pace,
            build=self.build,
        )
        return self

    def as_stage(self):
        """Run as Snakemake's script does; return the exit status."""
        log = self.folder / "logs" / "train.log"
        rule = rule_of_a_stage(log, "shapes", "tiny", "1")
        handlers = logging.getLogger().handlers
        before = handlers[:]
        try:
            with stage.logged(rule):
                self()
        except SystemExit as end:
            return end.code
        finally:
            handlers[:] = before
        return 0

    @property
    def info(self):
        return json.loads(self.outputs["run.json"].read_text())

    def result(self):
        """What must be the same however often it was stopped; the model as bytes."""
        rows = [line.split(",") for line in self.outputs["history.csv"].read_text().split()]
        seconds = rows[0].index("seconds")
        history = [row[:seconds] + row[seconds + 1 :] for row in rows]
        epochs = self.info["selected_epoch"], self.info["best_epoch"]
        return self.weights(), history, epochs

    def weights(self):
        return self.outputs["model.keras"].read_bytes()

    def has_outputs(self):
        return [path.exists() for path in self.outputs.values()]

    def leftovers(self):
        return [p for p in self.folder.rglob("*") if p.name[0] == "." or p.name == "finished.new"]


class FakeNetwork:
    """Two arrays with a Keras model's methods."""

    def __init__(self):
        self.values = [np.linspace(0, 1, 40, dtype=np.float32), np.ones(3, np.float32)]

    def get_weights(self):
        return [value.copy() for value in self.values]

    def set_weights(self, values):
        self.values = [value.copy() for value in values]

    def count_params(self):
        return 43

    def save(self, path):
        with open(path, "wb") as file:
            for value in self.values:
                file.write(value.tobytes())


class FakeTrainer:
    """Steps whose result depends on images, their size, draws, rates, slots, and their order."""

    steps = 0

    def __init__(self, network):
        self.network, self.slot = network, np.zeros(40, np.float32)

    def run(self, indices, draws, rates, side):
        losses = []
        for step, rate in enumerate(rates):
            drawn = sum((float(values[step].sum()) for values in draws.values()), side or 8)
            self.slot = np.float32(0.9) * self.slot + np.float32(indices[step].mean() + drawn)
            first, second = self.network.get_weights()
            first = np.sin(first + np.float32(rate) * self.slot, dtype=np.float32)
            self.network.set_weights([first, second * np.float32(0.99)])
            losses.append(first.sum())
            FakeTrainer.steps += 1
        measured = np.array(losses, np.float32)
        of_images = measured[:, None] * np.ones(np.shape(indices)[1], np.float32)
        return of_images, measured % 7

    def penalty(self):
        return float(self.network.values[1].sum())

    def weights(self):
        return self.network.get_weights()

    def set_weights(self, values):
        self.network.set_weights(values)

    def slots(self):
        return [self.slot]

    def set_slots(self, values):
        (self.slot,) = values


def fake_machinery(*_):
    """Stands for ``loop.build``."""
    network, classifier = FakeNetwork(), FakeNetwork()
    return loop.Machinery(network, classifier, FakeTrainer(network), lambda _: classifier.values[0])


def fake_measures(setattr):
    """Put fakes where a training measures and writes what the real network would be needed for."""
    setattr(loop, "accuracy_and_loss", lambda v, _: (float(v.sum() % 1), float(v.max())))
    setattr(outputs, "save_classifier", lambda network, path, _: network.save(path))
    setattr(session, "describe_run", lambda _: {})
    setattr(session, "finished_now", lambda run: run)
