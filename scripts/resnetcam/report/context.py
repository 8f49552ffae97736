"""The report: what the results files say, in markdown and as one HTML file."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from resnetcam.common.files import read_json, replacing
from resnetcam.common.json_shapes import ANNOTATIONS, BASELINE
from resnetcam.common.wording import counted
from resnetcam.data.protocols import is_test_selected
from resnetcam.explain.class_choices import extra_choices
from resnetcam.recipe.resizing import small_epochs_of
from resnetcam.report.about_data import data_facts, source_facts
from resnetcam.report.alternatives import of_comparison
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
from resnetcam.report.experiment import (
    experiment_facts,
    first_problems,
    images_of_epochs,
    rehearsals,
)
from resnetcam.report.figure_names import FIGURES
from resnetcam.report.html import to_html
from resnetcam.report.paired import compare_pairs
from resnetcam.report.references import bibtex, references
from resnetcam.report.reproduction import code_of, command
from resnetcam.report.text import Markdown, environment, headline, relative_link
from resnetcam.training.history import read_history

_PUBLISHED_PARAMETERS = 274_442  # resources/published_layers.csv
_MAX_VALUES = 20
_MAX_ROWS_OF_A_SWEEP = 20


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
        config: the config that makes the results again, as YAML.
        explorer: ``explorer.html`` of the dataset; None if these experiments are not in it.
        citation: of the workflow: ``title``, ``version``, ``authors`` and ``repository``.
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
    config: str
    explorer: Path | None
    citation: Mapping[str, Any]
    target: str | None = None
    call: Call = field(default_factory=Call)
    unusual: Mapping[str, Any] = field(default_factory=dict)
    comparison: Path | None = None
    comparison_figure: Path | None = None
    published_history: Path | None = None
    annotations: Sequence[Path] = ()


def write_report(inputs: ReportInputs, texts: Path, markdown_path: Path, html_path: Path) -> None:
    """Write the report as markdown, with links relative to its folder, and as one HTML file.

    Args:
        inputs: one experiment's runs or several experiments'.
        texts: the folder of ``report.md.j2``, and ``report.css`` and ``report.js`` of the page.
        markdown_path, html_path: what to write.
    """
    folder = markdown_path.parent
    context = report_context(inputs, folder)
    source, css, script = (
        (texts / name).read_text(encoding="utf-8")
        for name in ("report.md.j2", "report.css", "report.js")
    )
    context["other_figures"] = [name for name in FIGURES if f".{name} " not in source]
    template = environment(texts).get_template("report.md.j2")
    markdown = template.render(context, page=False)
    page = to_html(template.render(context, page=True), folder, context["title"], css, script)
    for path, text in ((markdown_path, markdown), (html_path, page)):
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")


def report_context(inputs: ReportInputs, folder: Path) -> dict[str, Any]:
    """Return what the template prints; links start from ``folder``."""
    runs = [read_run(files) for files in inputs.runs]
    groups = by_experiment(runs)
    data = data_facts(inputs.data, inputs.notes)
    source = source_facts(inputs.source, inputs.data)
    rows, sweeps = compare(runs, inputs.experiments), []
    if inputs.comparison:
        rows = read_comparison(inputs.comparison)
        sweeps = [_sweep(name, members, folder) for name, members in _members(rows).items()]
    row_of = {row["experiment"]: row for row in rows}
    others = extra_choices(inputs.settings.get("gradcam", {}).get("classes", ()))
    experiments = [
        experiment_facts(row_of[name], group, folder, others, data)
        | {"rehearsals": [row_of[one] for one in rehearsals(group[0], groups)]}
        for name, group in groups.items()
    ]
    best = [one["best"] for one in sweeps if one["best"]]
    making = _making(inputs, runs)
    return {
        **_heading(inputs, rows, set(groups), data),
        "dataset": inputs.dataset,
        "source": source,
        "rows": [row_of[name] for name in groups]
        + [row for row in best if row["experiment"] not in groups],
        "pairs": compare_pairs(
            {name: [run.files.predictions for run in group] for name, group in groups.items()}
        ),
        "sweeps": sweeps,
        "published": _published(inputs.published_history),
        "experiments": experiments,
        "data": data,
        "annotations": [_annotations(path, folder) for path in inputs.annotations],
        "config": inputs.config,
        "comparison_in_words": of_comparison(rows, data["n_test"]),
        "bibtex": bibtex(inputs.citation, making["trained"], is_cifar10=source["is_cifar10"]),
        "references": references(
            explained=bool(experiments),
            shifted=any(one["shift"] for one in experiments),
            is_cifar10=source["is_cifar10"],
        ),
        **_links(inputs, folder),
        **making,
    }


def _heading(
    inputs: ReportInputs, rows: Sequence[Row], detailed: set[str], data: Mapping[str, Any]
) -> dict[str, Any]:
    """The title, and the first sentence with the experiment that it is about."""
    row, chosen_of = _headlined(rows, detailed)
    linear = read_json(inputs.baseline, BASELINE)["accuracy"]
    only = rows[0]["experiment"] if len(rows) == 1 else None
    return {
        "title": f"{inputs.dataset}, experiment {only}" if only else inputs.dataset,
        "headline": headline(row, data["n_test"], linear, data["chance"], chosen_of=chosen_of),
        "headlined": row["experiment"],
        "comparison_of_one": only,
    }


def _links(inputs: ReportInputs, folder: Path) -> dict[str, Markdown | None]:
    """Links to files of the dataset, and None for those that are not there."""
    paths = {
        "comparison": inputs.comparison,
        "comparison_figure": inputs.comparison_figure,
        "explorer": inputs.explorer,
        "notes": inputs.notes,
    }
    return {name: relative_link(path, folder) if path else None for name, path in paths.items()}


def _making(inputs: ReportInputs, runs: Sequence[Run]) -> dict[str, Any]:
    """Where and by what the runs were made, and the command that makes them again."""
    commits = [run.provenance["commit"] for run in runs]
    hardware = [one for run in runs for one in run.provenance["hardware"]]
    asked = {"dataset": inputs.dataset, **inputs.unusual}
    return {
        "runs": [_provenance(run) for run in runs],
        "trained": _trained(runs),
        "versions": sorted({_versions(run) for run in runs}),
        "written": written(inputs.call.config_files),
        "code": code_of(commits),
        "commit": next(iter(commits), ""),
        "command": command(inputs.call, inputs.target, asked, hardware),
        # A module's rules have names of their own, so the report cannot say how to set them.
        "threads": [] if inputs.call.in_module else sorted({one["threads"] for one in hardware}),
    }


def _sweep(name: str, members: Sequence[Row], folder: Path) -> dict[str, Any]:
    """A sweep, its members in the order of the accuracy on the images that choices are made on."""
    settings = ["model", "recipe", "epochs", *(key for key in members[0] if key not in COLUMNS)]
    best = best_by_validation(members)
    runs = _folders(best, folder) if best else []
    return {
        "name": name,
        "n": len(members),
        "best": best,
        **_beside_the_best(members),
        "provenance": [relative_link(run / "run.json", folder) for run in runs],
        "rows": sorted(members, key=_falling_accuracy)[:_MAX_ROWS_OF_A_SWEEP],
        "settings": [key for key in settings if len({row[key] for row in members}) > 1],
    }


def _beside_the_best(members: Sequence[Row]) -> dict[str, list[str]]:
    """Name the members that are clearly worse than the best, clearly better, or neither."""
    found: dict[str, list[str]] = {"worse": [], "better": [], "alike": []}
    for row in members:
        low, high = row["minus_best_low"], row["minus_best_high"]
        if low is not None:
            how = "worse" if high < 0 else "better" if low > 0 else "alike"
            found[how].append(row["experiment"])
    return found


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


def _headlined(rows: Sequence[Row], detailed: set[str]) -> tuple[Row, int]:
    """The first experiment that left the test set alone, not the best, which is a choice too.

    If only its sweep was asked for, the member that validation chose, if it did; and of how many.
    """
    row = next((row for row in rows if not is_test_selected(row["protocol"])), rows[0])
    candidates = [row] if row["experiment"] in detailed else _members(rows)[row["sweep"]]
    return best_by_validation(candidates) or row, len(candidates)


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


def _trained(runs: Sequence[Run]) -> dict[str, Any]:
    """When, where and by what code all runs were trained, each word once."""
    told = [_provenance(run) for run in runs]
    days = sorted(run["finished"][:10] for run in told)
    kept = ("tensorflow", "jax", "keras", "python")
    titles = {"tensorflow": "TensorFlow", "jax": "JAX", "keras": "Keras", "python": "Python"}
    software = [
        f"{titles[key]} {run['versions'][key]}"
        for run in told
        for key in kept
        if key in run["versions"]
    ]
    return {
        "when": " to ".join(dict.fromkeys([days[0], days[-1]])) if days else "",
        "day": days[-1] if days else "",
        "devices": list(
            dict.fromkeys(one["device_name"] for run in told for one in run["hardware"])
        ),
        "commits": list(dict.fromkeys(f"commit {run['commit']}" for run in told)),
        "software": list(dict.fromkeys(software)),
    }


def _images_per_second(run: Run) -> float:
    """The mean over all epochs but the first, which compiles (if there is another)."""
    images = images_of_epochs(run)
    return statistics.fmean(images[1:] or images) / seconds_per_epoch(run.history)


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
        "problems": first_problems(problems),
    }


def _most_frequent(values: Mapping[str, int]) -> dict[str, int]:
    """The first of an attribute's values, which come by falling number; the rest is one row."""
    shown = dict(list(values.items())[:_MAX_VALUES])
    if rest := list(values.values())[_MAX_VALUES:]:
        shown[f"… and {counted(len(rest), 'other value')}"] = sum(rest)
    return shown
