"""What the report says of one experiment."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import FAITHFULNESS, LOCALISATION, RANDOMISATION, SHIFT
from resnetcam.data.protocols import holds_out
from resnetcam.evaluation.classes import read_scores_of_classes, weakest_classes
from resnetcam.evaluation.predictions import confusion_matrix, read_predictions
from resnetcam.recipe.resizing import small_epochs_of
from resnetcam.report import alternatives, numbers
from resnetcam.report.about_data import classes_with_a_page, without_twins
from resnetcam.report.agreement import agreement_facts
from resnetcam.report.comparison import Row, Run, RunFiles
from resnetcam.report.figure_names import FIGURES, MOST_CLASSES_OF_A_MATRIX
from resnetcam.report.figures.shown_classes import most_confused, most_mistaken
from resnetcam.report.labels import label_facts
from resnetcam.report.shift import facts_of_test_sets, shift_facts
from resnetcam.report.text import Markdown, relative_link
from resnetcam.report.trust import trust_in_maps
from resnetcam.report.verdicts import faithfulness_verdict, localisation_verdict

_OF_EACH_SEED = ("learning_curves", "confusion_matrix", "reliability")
_MAX_PROBLEMS = 10
_MOST_CLASSES = 10


def experiment_facts(
    row: Row,
    runs: Sequence[Run],
    folder: Path,
    other_classes: Sequence[str],
    data: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what the template prints of an experiment; figures and details are its first seed's.

    Args:
        row: of ``comparison.csv``; runs: one a seed.
        folder: of the report, from which links start.
        other_classes: that maps explain beside the predicted and the true one.
        data: of ``data_facts``.
    """
    first = runs[0]
    files = first.files
    return {
        "row": row,
        "seed": files.seed,
        "metrics": first.metrics,
        **_of_training(first),
        "seeds": [_of_a_seed(run) for run in runs],
        **_figures(runs, folder, other_classes),
        **_in_words_and_numbers(
            first, [name for name, *_ in data["classes"]], of_several=len(runs) > 1
        ),
        **_tables(runs, folder),
        "classes": weakest_classes(read_scores_of_classes(files.classes), _MOST_CLASSES),
        "f1_of_seeds": _f1_of_seeds(runs),
        "labels": label_facts(files.label_candidates, folder),
        "shift": shift_facts([run.files for run in runs], folder),
        "test_sets": facts_of_test_sets(files.test_sets),
        "other_classes": other_classes,
        "pages": [
            (name, relative_link(files.figures / f"{page}.png", folder))
            for name, page in classes_with_a_page(files.predictions, data["classes"])
        ],
        "without_twins": without_twins(files.predictions, data["twins"]),
        **_scores_of_maps(files, folder),
    }


def _of_training(run: Run) -> dict[str, Any]:
    """How many images trained, and how often; and in how many epochs they were smaller."""
    images, seen = run.provenance["training_images"], sum(images_of_epochs(run))
    return {
        "training_images": images,
        "small_epochs": small_epochs_of(run.provenance["ingredients"]["recipe"]),
        "images_seen": seen,
        "left_some_out": seen < images * len(run.history),
    }


def _scores_of_maps(files: RunFiles, folder: Path) -> dict[str, Any]:
    """How far the maps can be trusted; None of what there is none."""
    faithfulness = _faithfulness(files.faithfulness)
    randomisation = _randomisation(files.randomisation)
    agreement = agreement_facts(files.agreement, folder)
    localisation = _localisation(files.localisation)
    return {
        "faithfulness": faithfulness,
        "randomisation": randomisation,
        "agreement": agreement,
        "localisation": localisation,
        "trust": trust_in_maps(faithfulness, randomisation, agreement, localisation),
    }


def _figures(runs: Sequence[Run], folder: Path, other_classes: Sequence[str]) -> dict[str, Any]:
    """Links to the first seed's figures, and to those that are shown of each seed."""
    names = [*FIGURES, *(["gradcam_classes"] if other_classes else [])]

    def links(run: Run, names: Iterable[str]) -> dict[str, Markdown]:
        paths = {name: run.files.figures / f"{name}.png" for name in names}
        return {name: relative_link(path, folder) for name, path in paths.items()}

    of_seeds = [(run.files.seed, links(run, _OF_EACH_SEED)) for run in runs]
    return {"figures": links(runs[0], names), "figures_of_seeds": of_seeds}


def _tables(runs: Sequence[Run], folder: Path) -> dict[str, Any]:
    """Links to tables and records: the first seed's, and those of each seed beside its number."""
    all_files = [run.files for run in runs]
    return {
        "confusions": relative_link(all_files[0].confusions, folder),
        "classes_file": relative_link(all_files[0].classes, folder),
        "mistakes": [(one.seed, relative_link(one.mistakes, folder)) for one in all_files],
        "records": [
            (
                one.seed,
                {
                    path.name: relative_link(path, folder)
                    for path in (one.metrics, one.history, one.provenance)
                },
            )
            for one in all_files
        ],
    }


def _of_a_seed(run: Run) -> dict[str, Any]:
    """What differs between the seeds of an experiment."""
    return {
        "seed": run.files.seed,
        "seconds": sum(row["seconds"] for row in run.history),
        **{key: run.metrics[key] for key in ("accuracy", "loss", "ece", "last")},
    }


def _in_words_and_numbers(
    run: Run, class_names: Sequence[str], *, of_several: bool
) -> dict[str, Any]:
    """The alternative texts of a run's figures, and the tables of what they draw.

    Args:
        of_several: whether this is one seed of several, so that tables say which.
    """
    files, metrics = run.files, run.metrics
    logits, labels = read_predictions(files.predictions, "test")
    counts = confusion_matrix(labels, logits.argmax(1), len(class_names))
    faithfulness = read_json(files.faithfulness, FAITHFULNESS)
    randomisation = read_json(files.randomisation, RANDOMISATION)
    chosen_on = "test" if metrics["selected_on"] == "test" else "validation"
    tables = {
        "learning_curves": numbers.of_history(run.history, chosen_on),
        "confusion_matrix": numbers.of_confusions(
            counts, most_mistaken(counts, MOST_CLASSES_OF_A_MATRIX).tolist(), class_names
        ),
        "reliability": numbers.of_reliability(logits, labels, metrics["temperature"]),
        "risk": numbers.of_risk(logits, labels),
        "faithfulness": numbers.of_curves(faithfulness),
        "randomisation": numbers.of_randomisation(randomisation["levels"]),
    }
    if files.shift:
        tables["shift"] = numbers.of_shift(read_json(files.shift, SHIFT))
    if of_several:
        tables = {name: numbers.of_seed(one, files.seed) for name, one in tables.items()}
    return {
        "in_words": {
            "learning_curves": alternatives.of_history(
                run.history, chosen_on, metrics["selected_epoch"]
            ),
            "confusion_matrix": alternatives.of_confusions(counts, class_names),
            "confused_pairs": alternatives.of_pairs(counts, most_confused(counts), class_names),
            "reliability": alternatives.of_reliability(logits, labels, metrics),
            "faithfulness": alternatives.of_faithfulness(faithfulness),
            "randomisation": alternatives.of_randomisation(randomisation),
        },
        "mistakes_in_all": int(counts.sum() - counts.trace()),
        "numbers": tables,
    }


def rehearsals(run: Run, groups: Mapping[str, Sequence[Run]]) -> list[str]:
    """Return the experiments with the model and the recipe of this run that held images out."""
    ours = run.provenance["ingredients"]
    return [
        name
        for name, (other, *_) in groups.items()
        if holds_out(other.metrics["protocol"])
        and all(other.provenance["ingredients"][key] == ours[key] for key in ("model", "recipe"))
    ]


def images_of_epochs(run: Run) -> list[float]:
    """Return how many images each epoch saw; all, where the history is older than that column."""
    everyone = run.provenance["training_images"]
    return [row.get("images", everyone) for row in run.history]


def first_problems(problems: Sequence[str]) -> list[str]:
    """Return the first few kinds, which are the worst, and how many more kinds there are."""
    more = len(problems) - _MAX_PROBLEMS
    return [*problems[:_MAX_PROBLEMS], *([f"… and {more:,} other kinds"] if more > 0 else [])]


def _f1_of_seeds(runs: Sequence[Run]) -> dict[str, list[float | None]]:
    """The F1 of each class by each seed, if there are several; None where it is not defined."""
    if len(runs) == 1:
        return {}
    found: dict[str, list[float | None]] = {}
    for run in runs:
        for one in read_scores_of_classes(run.files.classes):
            found.setdefault(one.name, []).append(one.f1.value if one.f1 else None)
    return found


def _faithfulness(path: Path) -> dict[str, Any]:
    scores = read_json(path, FAITHFULNESS)
    return {**scores, "verdict": faithfulness_verdict(scores)}


def _randomisation(path: Path) -> dict[str, Any]:
    scores = read_json(path, RANDOMISATION)
    method, layer, choice = scores["group"]
    return {**scores, "method": method, "layer": layer, "choice": choice}


def _localisation(path: Path | None) -> dict[str, Any] | None:
    scores = read_json(path, LOCALISATION) if path else None
    if not scores:
        return None
    verdict = localisation_verdict(scores)
    return {**scores, "problems": first_problems(scores["problems"]), "verdict": verdict}
