"""What gpu.py measures, by the library's own loop, prediction and maps, once Keras runs on JAX."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
from gpu_rows import Rows

from resnetcam.backends.runtime import Runtime
from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation.logits import logits_function
from resnetcam.evaluation.scoring import accuracy_and_loss
from resnetcam.explain import explanation
from resnetcam.settings.catalogue import Catalogue
from resnetcam.settings.sweeps import with_overrides
from resnetcam.training import loop, session
from resnetcam.training.plan import Plan
from resnetcam.training.steps_of_epoch import CallLength, Partial

SMALL_MODEL = {"family": "resnet_v1", "depth": 8}
COMPILES = "compiles"


@dataclass(frozen=True)
class Bench:
    """What all measurements share."""

    settings: dict[str, Any]
    dataset: dict[str, Any]
    reader: DatasetReader
    rows: Rows
    started: Runtime
    end: float  # the moment to stop at, as ``time.time`` counts
    miniature: bool

    def is_over(self) -> bool:
        return time.time() >= self.end

    def plan(self, name: str) -> tuple[Plan, int]:
        """The run ``experiment:seed[:epochs]`` of the config, and after how many epochs it stops.

        In miniature a recipe has two epochs, and the network is the smallest.
        """
        experiment, seed, *most = name.split(":")
        plan = Catalogue(self.settings).plan(experiment, seed)
        if self.miniature:
            plan["recipe"] = with_overrides(plan["recipe"], {"epochs": 2})
            plan["model"] = SMALL_MODEL
        epochs = min([plan["recipe"]["epochs"], *map(int, most)])
        return Plan(**plan, backend="jax", precision="auto", code=""), epochs


def run_all(bench: Bench, trainings: list[str]) -> list[str]:
    """Measure trainings, maps after the first of them; return what failed.

    Raises:
        InputError: if the config knows no such experiment; nothing is measured then.
    """
    for name in trainings:
        bench.plan(name)
    first: list[keras.Model] = []
    jobs: dict[str, Callable[[], Any]] = {}
    for name in trainings:
        jobs[name] = lambda name=name: first.append(train(bench, name))
        jobs.setdefault("maps", lambda: measure_maps(bench, first[0]))
    jobs["all maps"] = lambda: measure_all_maps(bench, first[0])
    return [name for name, job in jobs.items() if not _done(bench, name, job)]


def _done(bench: Bench, name: str, job: Callable[[], Any]) -> bool:
    """Run a job unless the time is up; tell of an error, and let the other jobs go on."""
    if bench.is_over():
        bench.rows.add("skipped", note=f"{name}: the time was up")
        return True
    try:
        job()
    except Exception as error:
        message = " ".join(str(error).split())[:300]
        bench.rows.add("failed", note=f"{name}: {type(error).__name__}: {message}")
        return False
    return True


def train(bench: Bench, name: str) -> keras.Model:
    """Train ``experiment:seed[:epochs]``, and return the network as it then is.

    A row for each epoch, and one for the training. It stops after so many epochs, or when the time
    is up; then it has no accuracy of its own, since its recipe is not over.
    """
    plan, epochs = bench.plan(name)
    data = session.load(bench.reader, plan.protocol)
    length = CallLength(bench.started.device, session.Pace().seconds_a_cpu_call)
    training = loop.begin(data, plan, bench.started.precision, length)
    recipe = training.recipe
    of_this = {"recipe": name.partition(":")[0], "seed": plan.seed}
    rows = []
    for row in _epochs(bench, training, epochs):
        bench.rows.add("epoch", **of_this, **row)
        rows.append(row)
    whole = _whole(rows)
    if len(rows) < recipe.epochs:
        whole["note"] = f"stopped; the recipe has {recipe.epochs} epochs"
    else:
        chosen = [row["validation_accuracy"] for row in rows]
        whole["validation_accuracy"] = max(chosen) if recipe.select == "best" else chosen[-1]
        whole["test_accuracy"] = _test(bench, training.machinery.classifier)
    bench.rows.add("training", **of_this | whole)
    return training.machinery.classifier


def _epochs(bench: Bench, training: loop.Loop, epochs: int) -> Iterator[dict[str, Any]]:
    """Train so many epochs, or until the time is up; an epoch that was cut short is not told of."""
    for number in range(1, epochs + 1):
        began = time.perf_counter()
        epoch = training.epoch(number, Partial())
        for _ in epoch:
            if bench.is_over():
                return
        epoch.settled()
        seconds = time.perf_counter() - began
        measured = training.measure(epoch)
        side = training.sides[number - 1]
        is_first = side not in training.sides[: number - 1]
        yield {
            "epoch": number,
            "images": measured["images"],
            "seconds": seconds,
            "per_second": measured["images"] / seconds,
            "validation_accuracy": measured["val_accuracy"],
            "note": ", ".join([f"{side} pixels"] * bool(side) + [COMPILES] * is_first),
        }


def _whole(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What the epochs come to; their rate without those that compiled."""
    whole: dict[str, Any] = {
        "epoch": len(rows),
        "images": sum(row["images"] for row in rows),
        "seconds": sum(row["seconds"] for row in rows),
    }
    if steady := [row for row in rows if COMPILES not in row["note"]]:
        seconds = sum(row["seconds"] for row in steady)
        whole["seconds_an_epoch"] = seconds / len(steady)
        whole["per_second"] = sum(row["images"] for row in steady) / seconds
    return whole


def _test(bench: Bench, classifier: keras.Model) -> float:
    """Predict the test set with a function of its own, so each time it compiles; the accuracy."""
    images, labels = bench.reader.array("x_test"), bench.reader.array("y_test")
    logits_of = logits_function(classifier)
    for note in (COMPILES, ""):
        with bench.rows.measured("prediction", images=len(images), note=note):
            logits = logits_of(images)
    return accuracy_and_loss(logits, labels)[0]


def measure_maps(bench: Bench, classifier: keras.Model) -> None:
    """Grad-CAM of the whole test set at each layer, of one class an image; twice."""
    images, labels = bench.reader.array("x_test"), bench.reader.array("y_test")
    for name in bench.dataset["gradcam"]["layers"]:
        layer = explanation.resolve_layer(classifier, name)
        explain = explanation.explainer(classifier, layer)
        for note in (COMPILES, ""):
            with bench.rows.measured("maps", images=len(images)) as row:
                explain(images, labels[None], ["gradcam"])
                row["note"] = ", ".join([f"gradcam at {name}"] + [note] * bool(note))


def measure_all_maps(bench: Bench, classifier: keras.Model) -> None:
    """All that the stage writes to gradcam.h5, compilation included."""
    images, labels = bench.reader.array("x_test"), bench.reader.array("y_test")
    gradcam = bench.dataset["gradcam"]
    chosen = {key: gradcam[key] for key in ("methods", "layers", "classes", "images")}
    with bench.rows.measured("maps", images=len(images)) as row:
        groups = explanation.explain_test_set(
            classifier,
            images,
            labels,
            labels,
            bench.reader.class_names,
            explanation.MapSettings(**chosen),
        )
        row["maps"] = sum(len(group.maps) for group in groups.values())
        row["note"] = f"{row['maps']} maps, of all methods and layers, {COMPILES}"
