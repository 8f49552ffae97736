"""The model card: what a network is, how it was made, and what was measured on it.

Markdown with the metadata of Hugging Face's hub in front, so that a run's folder can be published
as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resnetcam.common.files import read_json, replacing
from resnetcam.common.json_shapes import BASELINE, DESCRIPTION
from resnetcam.data.protocols import is_test_selected
from resnetcam.evaluation.classes import read_scores_of_classes, weakest_classes
from resnetcam.evaluation.intervals import wilson_interval
from resnetcam.provenance.front_matter import front_matter
from resnetcam.report.about_data import data_facts, source_facts, without_twins
from resnetcam.report.comparison import Run, RunFiles, read_run
from resnetcam.report.shift import facts_of_test_sets, shift_facts
from resnetcam.report.text import flattened, headline, plain_environment

# The official data sets on the hub.
_ON_THE_HUB = {
    "CIFAR-10": "uoft-cs/cifar10",
    "CIFAR-100": "uoft-cs/cifar100",
    "CIFAR-100 (coarse labels)": "uoft-cs/cifar100",
    "MNIST": "ylecun/mnist",
    "Fashion-MNIST": "zalando-datasets/fashion_mnist",
}
_NLL = "Negative log-likelihood"
_WEAKEST = 5  # classes, at most
_NAMED = 20  # classes, at most


@dataclass(frozen=True)
class CardInputs:
    """What a card is made from.

    Attributes:
        dataset: its name; model, recipe: their names in the config.
        files: of the run; description: ``model.json``.
        source, notes, data, baseline: ``source.json``, ``images.json``, ``data.h5``,
            ``baseline.json``.
        citation: as ``read_citation`` returns it.
    """

    dataset: str
    model: str
    recipe: str
    files: RunFiles
    description: Path
    source: Path
    notes: Path
    data: Path
    baseline: Path
    citation: Mapping[str, Any]


def write_model_card(inputs: CardInputs, template: Path, target: Path) -> None:
    """Write the card of a run.

    Args:
        template: ``model_card.md.j2``; target: what to write, beside the run's files.

    Raises:
        DamagedFileError: if a file is not as it was written.
    """
    context = card_context(inputs, target.parent)
    text = plain_environment(template.parent).get_template(template.name).render(context)
    text = re.sub(r"\n{3,}", "\n\n", text)  # what conditions leave behind
    metadata = front_matter(_metadata(context))
    with replacing(target) as temporary:
        temporary.write_text(f"{metadata}\n\n{text}", encoding="utf-8", newline="\n")


def card_context(inputs: CardInputs, folder: Path) -> dict[str, Any]:
    """Return what the template prints; links start from ``folder``."""
    run = read_run(inputs.files)
    data = data_facts(inputs.data, inputs.notes)
    linear = read_json(inputs.baseline, BASELINE)["accuracy"]
    description = read_json(inputs.description, DESCRIPTION)
    names = description["class_names"]
    ingredients = run.provenance["ingredients"]
    classes = read_scores_of_classes(inputs.files.classes)
    return {
        "dataset": inputs.dataset,
        "experiment": inputs.files.experiment,
        "seed": inputs.files.seed,
        "model": inputs.model,
        "recipe": inputs.recipe,
        "family": ingredients["model"].get("family"),
        "headline": headline(_row(run), run.metrics["n"], linear, data["chance"]),
        "metrics": run.metrics,
        "interval": wilson_interval(run.metrics["accuracy"], run.metrics["n"]),
        "description": description,
        "class_names": names[:_NAMED],
        "n_classes": len(names),
        "weakest": weakest_classes(classes, _WEAKEST),
        "shift": shift_facts([inputs.files], folder),
        "test_sets": facts_of_test_sets(inputs.files.test_sets),
        "data": data,
        "without_twins": without_twins(inputs.files.predictions, data["twins"]),
        "source": source_facts(inputs.source, inputs.data),
        "run": run.provenance,
        "epochs": len(run.history),
        "seconds": sum(row["seconds"] for row in run.history),
        "settings": "\n".join(
            flattened({name: ingredients[name] for name in ("model", "recipe", "protocol")})
        ),
        "versions": dict(sorted(run.provenance["versions"].items())),
        "citation": inputs.citation,
    }


def _row(run: Run) -> dict[str, Any]:
    """What ``headline`` asks of a row of the comparison, of a single seed."""
    return {
        "experiment": f"{run.files.experiment}, seed {run.files.seed},",
        "accuracy_mean": run.metrics["accuracy"],
        "accuracy_std": None,
        "n_seeds": 1,
        "protocol": run.metrics["protocol"],
    }


def _metadata(context: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata that the hub reads (https://huggingface.co/docs/hub/model-cards)."""
    source, on_the_hub = context["source"], _ON_THE_HUB.get(context["source"]["official"])
    drawn = source["origin"] == "drawn"
    return {
        # Who trains on somebody's images decides that; only of drawn ones nobody else is asked.
        "license": context["citation"]["license"].lower() if drawn else "unknown",
        "library_name": "keras",
        "pipeline_tag": "image-classification",
        "tags": ["image-classification", "grad-cam", "resnetcam", context["model"]],
        **({"datasets": [on_the_hub]} if on_the_hub else {}),
        "metrics": ["accuracy", "brier_score"],
        "model-index": [{"name": _name(context), "results": _results(context, on_the_hub)}],
    }


def _name(context: Mapping[str, Any]) -> str:
    return "{dataset}-{experiment}-seed{seed}".format_map(context)


def _results(context: Mapping[str, Any], on_the_hub: str | None) -> list[dict[str, Any]]:
    """The test images, the same corrupted, and further sets: each a result of its own."""
    name = context["source"]["official"] or context["dataset"]
    kind = on_the_hub or context["dataset"]
    results = [_result(name, kind, _scores(context["metrics"]))]
    if shift := context["shift"]:
        about = f"{name}, {shift['n']} test images corrupted in 14 ways and 5 strengths"
        corrupted = {"accuracy": ("Accuracy", shift["accuracy"]["mean"])}
        results.append(_result(about, kind, corrupted))
    for title, one in context["test_sets"].items():
        further = {
            "accuracy": ("Accuracy", one["accuracy"]),
            "negative_log_likelihood": (_NLL, one["nll"]),
        }
        results.append(_result(f"{title} ({one['n']} images)", title, further))
    return results


def _scores(metrics: Mapping[str, Any]) -> dict[str, tuple[str, float]]:
    note = " (test-selected)" if is_test_selected(metrics["protocol"]) else ""
    return {
        "accuracy": (f"Accuracy{note}", metrics["accuracy"]),
        "balanced_accuracy": (f"Balanced accuracy{note}", metrics["balanced_accuracy"]),
        "negative_log_likelihood": (_NLL, metrics["nll"]),
        "brier_score": ("Brier score", metrics["brier"]),
        "expected_calibration_error": ("Expected calibration error", metrics["ece"]),
        "equal_mass_calibration_error": ("Equal-mass calibration error", metrics["ace"]),
    }


def _result(name: str, kind: str, scores: Mapping[str, tuple[str, float]]) -> dict[str, Any]:
    return {
        "task": {"type": "image-classification", "name": "Image classification"},
        "dataset": {"name": name, "type": kind, "split": "test"},
        "metrics": [
            {"type": key, "name": title, "value": value} for key, (title, value) in scores.items()
        ],
    }
