"""The report: what the results files say, in markdown and as one HTML file."""

import shlex
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from resnetcam.common.files import read_json, replacing
from resnetcam.common.json_shapes import (
    ANNOTATIONS,
    BASELINE,
    FAITHFULNESS,
    LOCALISATION,
    RANDOMISATION,
)
from resnetcam.common.wording import counted
from resnetcam.data.protocols import holds_out, is_test_selected
from resnetcam.evaluation.classes import ClassScores, read_scores_of_classes
from resnetcam.explain.class_choices import extra_choices
from resnetcam.recipe.resizing import small_epochs_of
from resnetcam.report.about_data import classes_with_a_page, data_facts, source_facts, without_twins
from resnetcam.report.agreement import agreement_facts
from resnetcam.report.comparison import (
    COLUMNS,
    Row,
    Run,
    RunFiles,
    best_by_validation,
    by_experiment,
    compare,
    read_comparison,
    read_run,
    seconds_per_epoch,
)
from resnetcam.report.config_files import Call, written
from resnetcam.report.figure_names import FIGURES
from resnetcam.report.html import to_html
from resnetcam.report.labels import label_facts
from resnetcam.report.paired import compare_pairs
from resnetcam.report.shift import facts_of_test_sets, shift_facts
from resnetcam.report.text import environment, flattened, headline, relative_link
from resnetcam.report.verdicts import faithfulness_verdict, localisation_verdict
from resnetcam.training.history import read_history

_PUBLISHED_PARAMETERS = 274_442  # resources/published_layers.csv
_MAX_PROBLEMS = 10
_MAX_VALUES = 20
_MAX_ROWS_OF_A_SWEEP = 20
_MOST_CLASSES = 10


@dataclass(frozen=True)
class ReportInputs:
    """What a report is made from.

    Attributes:
        dataset: its name.
        experiments: what ``compare`` needs of the experiments that are looked at one by one.
        runs: their runs, in the order in which they appear.
        source, notes, data, baseline: ``source.json``, ``images.json``, ``data.h5``,
            ``baseline.json``.
        settings: of the data and the maps, as the config has them.
        target: the file to ask Snakemake for, if it is not what it makes by itself.
        call: how Snakemake was called; unusual: settings of the config, by key, that decide all
            numbers and are not as usual.
        comparison, comparison_figure: ``comparison.csv`` of all experiments, members of sweeps
            too, and its figure; None in a report of one experiment.
        published_history: a published run's log, to set its best epoch beside ours.
        annotations: summaries of annotation exports; beside each lies a figure of its name.
    """

    dataset: str
    experiments: dict[str, dict[str, Any]]
    runs: Sequence[RunFiles]
    source: Path
    notes: Path
    data: Path
    baseline: Path
    settings: Mapping[str, Any]
    target: str | None = None
    call: Call = field(default_factory=Call)
    unusual: Mapping[str, Any] = field(default_factory=dict)
    comparison: Path | None = None
    comparison_figure: Path | None = None
    published_history: Path | None = None
    annotations: Sequence[Path] = ()


def write_report(
    inputs: ReportInputs, template: Path, css: Path, markdown_path: Path, html_path: Path
) -> None:
    """Write the report as markdown, with links relative to its folder, and as one HTML file.

    Args:
        inputs: one experiment's runs or several experiments'.
        template: ``report.md.j2``; css: of the HTML file.
        markdown_path, html_path: what to write.
    """
    folder = markdown_path.parent
    context = report_context(inputs, folder)
    source = template.read_text(encoding="utf-8")
    context["other_figures"] = [name for name in FIGURES if f"figures.{name} " not in source]
    markdown = environment(template.parent).get_template(template.name).render(context)
    page = to_html(markdown, folder, context["title"], css.read_text(encoding="utf-8"))
    for path, text in ((markdown_path, markdown), (html_path, page)):
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")


def report_context(inputs: ReportInputs, folder: Path) -> dict[str, Any]:
    """Return what the template prints; links start from ``folder``."""
    runs = [read_run(files) for files in inputs.runs]
    groups = by_experiment(runs)
    rows, sweeps = compare(runs, inputs.experiments), []
    if inputs.comparison:
        rows = read_comparison(inputs.comparison)
        sweeps = [_sweep(name, members, folder) for name, members in _members(rows).items()]
    row_of = {row["experiment"]: row for row in rows}
    data = data_facts(inputs.data, inputs.notes)
    others = extra_choices(inputs.settings.get("gradcam", {}).get("classes", ()))
    experiments = [
        _experiment(row_of[name], group, folder, others, data)
        | {"rehearsals": [row_of[one] for one in _rehearsals(group[0], groups)]}
        for name, group in groups.items()
    ]
    only = f", experiment {rows[0]['experiment']}" if len(rows) == 1 else ""
    figure = inputs.comparison_figure
    return {
        "title": f"{inputs.dataset}{only}",
        "dataset": inputs.dataset,
        "source": source_facts(inputs.source, inputs.data),
        "headline": _headline(rows, set(groups), data, read_json(inputs.baseline, BASELINE)),
        "rows": [row_of[name] for name in groups]
        + [
            one["best"] for one in sweeps if one["best"] and one["best"]["experiment"] not in groups
        ],
        "pairs": compare_pairs(
            {name: [run.files.predictions for run in group] for name, group in groups.items()}
        ),
        "sweeps": sweeps,
        "published": _published(inputs.published_history),
        "experiments": experiments,
        "data": data,
        "runs": [_provenance(run) for run in runs],
        "versions": sorted({_versions(run) for run in runs}),
        "annotations": [_annotations(path, folder) for path in inputs.annotations],
        "comparison": relative_link(inputs.comparison, folder) if inputs.comparison else None,
        "comparison_figure": relative_link(figure, folder) if figure else None,
        "comparison_of_one": rows[0]["experiment"] if len(rows) == 1 else None,
        "settings": "\n".join(flattened(inputs.settings)),
        "written": written(inputs.call.config_files),
        "code": _code(runs),
        "command": _command(inputs, runs),
    }


def _code(runs: Sequence[Run]) -> str:
    """Which code made the runs: a commit is no whole answer if it is unknown or was changed."""
    commits = {run.provenance["commit"] for run in runs}
    if not commits:
        return "unnamed"
    if "unknown" in commits:
        return "unknown"
    if any(commit.endswith("-dirty") for commit in commits):
        return "changed"
    return "committed" if len(commits) == 1 else "several"


def _command(inputs: ReportInputs, runs: Sequence[Run]) -> str:
    """The shell command that makes the results again, with as many threads and no other device."""
    hardware = [one for run in runs for one in run.provenance["hardware"]]
    cores = max((one["threads"] for one in hardware), default=4)
    settings = {"dataset": inputs.dataset, **inputs.unusual}
    if hardware and all(one["device"] == "cpu" for one in hardware):
        settings["device"] = "cpu"
    return shlex.join(inputs.call.command(inputs.target, cores, settings))


def _sweep(name: str, members: Sequence[Row], folder: Path) -> dict[str, Any]:
    """A sweep, its members in the order of the accuracy on the images that choices are made on."""
    settings = ["model", "recipe", "epochs", *(key for key in members[0] if key not in COLUMNS)]
    best = best_by_validation(members)
    runs = _folders(best, folder) if best else []
    return {
        "name": name,
        "n": len(members),
        "best": best,
        "alike": [row["experiment"] for row in members if _is_like_the_best(row)],
        "provenance": [relative_link(run / "run.json", folder) for run in runs],
        "rows": sorted(members, key=_falling_accuracy)[:_MAX_ROWS_OF_A_SWEEP],
        "settings": [key for key in settings if len({row[key] for row in members}) > 1],
    }


def _is_like_the_best(row: Row) -> bool:
    low, high = row["minus_best_low"], row["minus_best_high"]
    return low is not None and low <= 0 <= high


def _folders(row: Row, folder: Path) -> list[Path]:
    return [folder / row["experiment"] / f"seed{seed}" for seed in row["seeds"].split()]


def _falling_accuracy(row: Row) -> float:
    """On the images that choices are made on; rows without any stay in their order, at the end."""
    accuracy = row["val_accuracy_mean"]
    return 1 if accuracy is None else -accuracy


def _members(rows: Iterable[Row]) -> dict[str, list[Row]]:
    members: dict[str, list[Row]] = {}
    for row in rows:
        if row["sweep"]:
            members.setdefault(row["sweep"], []).append(row)
    return members


def _headline(
    rows: Sequence[Row], detailed: set[str], data: dict[str, Any], baseline: dict[str, Any]
) -> list[str]:
    """Speak of the first experiment that left the test set alone: not of the best, a choice too.

    If only its sweep was asked for, speak of the member that validation chose, if it did.
    """
    row = next((row for row in rows if not is_test_selected(row["protocol"])), rows[0])
    candidates = [row] if row["experiment"] in detailed else _members(rows)[row["sweep"]]
    row = best_by_validation(candidates) or row
    linear, chance = baseline["accuracy"], data["chance"]
    return headline(row, data["n_test"], linear, chance, chosen_of=len(candidates))


def _experiment(
    row: Row,
    runs: Sequence[Run],
    folder: Path,
    other_classes: Sequence[str],
    data: Mapping[str, Any],
) -> dict[str, Any]:
    """One experiment; figures, selection and localisation are its first seed's."""
    first, *others = runs
    files = first.files
    names = [*FIGURES, *(["gradcam_classes"] if other_classes else [])]
    figures = {name: relative_link(files.figures / f"{name}.png", folder) for name in names}
    ingredients = first.provenance["ingredients"]
    images_seen = sum(_images_of_epochs(first))
    settings = {name: ingredients[name] for name in ("model", "recipe", "protocol")}
    return {
        "row": row,
        "seed": files.seed,
        "metrics": first.metrics,
        "training_images": first.provenance["training_images"],
        "small_epochs": small_epochs_of(ingredients["recipe"]),
        "images_seen": images_seen,
        "left_some_out": images_seen < first.provenance["training_images"] * len(first.history),
        "figures": figures,
        "confusions": relative_link(files.confusions, folder),
        "classes": _weakest_classes(files.classes),
        "classes_file": relative_link(files.classes, folder),
        "mistakes": relative_link(files.mistakes, folder),
        "labels": label_facts(files.label_candidates, folder),
        "agreement": agreement_facts(files.agreement, folder),
        "shift": shift_facts([run.files for run in runs], folder),
        "test_sets": facts_of_test_sets(files.test_sets),
        "other_classes": other_classes,
        "other_seeds": [
            {"seed": run.files.seed, "link": relative_link(run.files.figures, folder)}
            for run in others
        ],
        "files": {
            path.name: relative_link(path, folder)
            for path in (files.metrics, files.history, files.provenance)
        },
        "pages": [
            (name, relative_link(files.figures / f"{page}.png", folder))
            for name, page in classes_with_a_page(files.predictions, data["classes"])
        ],
        "without_twins": without_twins(files.predictions, data["twins"]),
        "faithfulness": _faithfulness(files.faithfulness),
        "randomisation": _randomisation(files.randomisation),
        "localisation": _localisation(files.localisation),
        "settings": "\n".join(flattened(settings)),
    }


def _weakest_classes(path: Path) -> list[ClassScores]:
    """The classes of the lowest F1; those that have none, as nothing is of them, come last."""
    scores = read_scores_of_classes(path)
    return sorted(scores, key=lambda one: one.f1.value if one.f1 else 2)[:_MOST_CLASSES]


def _rehearsals(run: Run, groups: Mapping[str, Sequence[Run]]) -> list[str]:
    """The experiments with the model and the recipe of this run that held images out."""
    ours = run.provenance["ingredients"]
    return [
        name
        for name, (other, *_) in groups.items()
        if holds_out(other.metrics["protocol"])
        and all(other.provenance["ingredients"][key] == ours[key] for key in ("model", "recipe"))
    ]


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
    return {**scores, "problems": _first(scores["problems"]), "verdict": verdict}


def _published(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    history = read_history(path)
    best = max(history, key=lambda row: row["val_accuracy"])
    return {
        "accuracy": best["val_accuracy"],
        "epoch": int(best["epoch"]),
        "last_accuracy": history[-1]["val_accuracy"],
        "epochs": len(history),
        "seconds": sum(row["seconds"] for row in history),
        "parameters": _PUBLISHED_PARAMETERS,
    }


def _provenance(run: Run) -> dict[str, Any]:
    commit, dirty, _ = run.provenance["commit"].partition("-dirty")
    return {
        **run.provenance,
        "experiment": run.files.experiment,
        "seed": run.files.seed,
        "seconds": sum(row["seconds"] for row in run.history),
        "images_per_second": _images_per_second(run),
        "small_epochs": small_epochs_of(run.provenance["ingredients"]["recipe"]),
        "commit": commit[:12] + dirty,
        "fingerprint": run.provenance["fingerprint"][:12],
    }


def _images_per_second(run: Run) -> float:
    """The mean over all epochs but the first, which compiles (if there is another)."""
    images = _images_of_epochs(run)
    return statistics.fmean(images[1:] or images) / seconds_per_epoch(run.history)


def _images_of_epochs(run: Run) -> list[float]:
    """How many images each epoch saw; all, where the history is older than that column."""
    everyone = run.provenance["training_images"]
    return [row.get("images", everyone) for row in run.history]


def _versions(run: Run) -> str:
    versions = sorted(run.provenance["versions"].items())
    return ", ".join(f"{name} {version}" for name, version in versions)


def _annotations(path: Path, folder: Path) -> dict[str, Any]:
    summary = read_json(path, ANNOTATIONS)
    problems = [one["message"] for one in summary["problems"]]
    figure = relative_link(path.with_suffix(".png"), folder)
    attributes = {name: _most_frequent(values) for name, values in summary["attributes"].items()}
    return {
        **summary,
        "attributes": attributes,
        "figure": figure,
        "problems": _first(problems),
    }


def _most_frequent(values: Mapping[str, int]) -> dict[str, int]:
    """The first of an attribute's values, which come by falling number; the rest is one row."""
    shown = dict(list(values.items())[:_MAX_VALUES])
    if rest := list(values.values())[_MAX_VALUES:]:
        shown[f"… and {counted(len(rest), 'other value')}"] = sum(rest)
    return shown


def _first(problems: Sequence[str]) -> list[str]:
    """The first few kinds, which are the worst, and how many more kinds there are."""
    more = len(problems) - _MAX_PROBLEMS
    return [*problems[:_MAX_PROBLEMS], *([f"… and {more:,} other kinds"] if more > 0 else [])]
