"""A run as an RO-Crate: ``ro-crate-metadata.json`` beside the results, for other programs.

By the profile Workflow Run Crate 0.5 (https://w3id.org/ro/wfrun/workflow/0.5) of RO-Crate 1.1: what
was run (the workflow, with a copy of its files), on what (images, settings), by what (packages,
hardware), with which results (files, scores). What is not known is left out, such as who called it.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resnetcam.common.files import read_json, write_json
from resnetcam.common.json_shapes import METRICS, PROVENANCE, SOURCE
from resnetcam.common.wording import counted
from resnetcam.evaluation.intervals import wilson_interval
from resnetcam.provenance.graph import Graph, Reference, fragment
from resnetcam.provenance.workflow_files import MAIN
from resnetcam.report.text import flattened
from resnetcam.training.history import read_own_history

_TERMS = "https://w3id.org/ro/terms/workflow-run#"
CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    # Written out, so that a reader who knows RO-Crate 1.1 needs nothing else.
    {"sha256": f"{_TERMS}sha256", "resourceUsage": f"{_TERMS}resourceUsage"},
]
_CRATE, _WORKFLOW_CRATE = (
    "https://w3id.org/ro/crate/1.1",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
)
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    _WORKFLOW_CRATE: ("Workflow RO-Crate", "1.0"),
}
_BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
_SCORES = {
    "accuracy": "Test accuracy",
    "balanced_accuracy": "Balanced test accuracy",
    "nll": "Negative log-likelihood",
    "brier": "Brier score",
    "ece": "Expected calibration error",
}
_HOMES = {"python": "https://docs.python.org/release/{1}/"}  # other packages have theirs on PyPI


@dataclass(frozen=True)
class CrateInputs:
    """What a crate is made from.

    Attributes:
        dataset: its name.
        folder: ``results/<dataset>``, where ``workflow/`` holds a copy of the workflow's files.
        data, source, report: ``data.h5``, ``source.json``, ``report.md``.
        runs: folders of the trainings that were asked for.
        results: all files to list, those above included.
        settings: of the data and the maps, as the config has them.
        citation: as ``read_citation`` returns it; snakemake: its version.
    """

    dataset: str
    folder: Path
    data: Path
    source: Path
    report: Path
    runs: Sequence[Path]
    results: Sequence[Path]
    settings: Mapping[str, Any]
    citation: Mapping[str, Any]
    snakemake: str


def write_crate(inputs: CrateInputs, target: Path) -> None:
    """Write the metadata file of a crate.

    Raises:
        DamagedFileError: if a file is not as it was written.
    """
    write_json(target, {"@context": CONTEXT, "@graph": list(crate(inputs).entities())})


def crate(inputs: CrateInputs) -> Graph:
    """Return the entities of a crate."""
    graph = Graph()
    graph.add(
        "ro-crate-metadata.json",
        "CreativeWork",
        about={"@id": "./"},
        conformsTo=[{"@id": _CRATE}, {"@id": _WORKFLOW_CRATE}],
    )
    files = {path: graph.add_file(path, inputs.folder) for path in inputs.results}
    images = [files[inputs.source], files[inputs.data]]
    trainings = [_training(graph, run, files, images) for run in inputs.runs]
    scores = [score for run in inputs.runs for score in _scores(graph, run)]
    run = _run(graph, inputs, files, scores)
    copy = graph.add(
        "workflow/",
        "Dataset",
        name="The workflow as it was when this was written",
        hasPart=[{"@id": MAIN}],
    )
    graph.add(
        "./",
        "Dataset",
        name=f"{inputs.citation['title']}: {inputs.dataset}",
        description=f"Networks trained on {inputs.dataset}, their scores, maps and report.",
        datePublished=_written(inputs.report),
        license=_license_of_results(graph, inputs),
        conformsTo=[
            graph.add(uri, "CreativeWork", name=name, version=version)
            for uri, (name, version) in _PROFILES.items()
        ],
        mainEntity=_workflow(graph, inputs),
        hasPart=[copy, {"@id": MAIN}, *files.values()],
        mentions=[run, *trainings],
        variableMeasured=scores,
    )
    return graph


def _workflow(graph: Graph, inputs: CrateInputs) -> Reference:
    citation = inputs.citation
    language = graph.add(
        "https://w3id.org/workflowhub/workflow-ro-crate#snakemake",
        "ComputerLanguage",
        name="Snakemake",
        identifier={"@id": "https://doi.org/10.1093/bioinformatics/bts480"},
        url={"@id": "https://snakemake.github.io"},
        version=inputs.snakemake,
    )
    return graph.add(
        MAIN,
        ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        name=citation["title"],
        version=citation["version"],
        license=_license(graph, citation["license"]),
        author=_authors(graph, citation),
        conformsTo=[graph.add(_BIOSCHEMAS, "CreativeWork", name="ComputationalWorkflow 1.0")],
        programmingLanguage=language,
        codeRepository=citation["repository"],
        url=citation["repository"],
    )


def _run(
    graph: Graph, inputs: CrateInputs, files: Mapping[Path, Reference], scores: list[Reference]
) -> Reference:
    """The run of the workflow as a whole; it ended when the report was written."""
    settings = _settings(graph, "data", inputs.settings)
    source = read_json(inputs.source, SOURCE)
    archive = graph.add_value(
        "#source",
        "SHA-256 of the source of the images",
        source["sha256"],
        description=f"{source['origin']}: {Path(source['path']).name}",
    )
    return graph.add(
        "#run",
        "CreateAction",
        name=f"Run of the workflow on {inputs.dataset}",
        description="Images are read, networks trained, scored and explained, a report written.",
        instrument={"@id": MAIN},
        object=[files[inputs.source], archive, *settings],
        result=[*files.values(), *scores],
        endTime=_written(inputs.report),
        actionStatus={"@id": "http://schema.org/CompletedActionStatus"},
    )


def _training(
    graph: Graph, run: Path, files: Mapping[Path, Reference], images: list[Reference]
) -> Reference:
    """One training: its packages, what it was asked for, what it took, what it left."""
    said, name = read_json(run / "run.json", PROVENANCE), f"{run.parent.name}-{run.name}"
    ingredients = {key: said["ingredients"][key] for key in ("model", "recipe", "protocol", "seed")}
    asked = _settings(graph, name, ingredients)
    code = graph.add_value(fragment("code", said["commit"]), "commit of the code", said["commit"])
    left = ("model.keras", "model.json", "history.csv", "run.json")
    return graph.add(
        fragment("training", name),
        "CreateAction",
        name=f"Training of {run.parent.name}, {run.name}",
        description=f"Training {said['fingerprint']} of {said['training_images']:,} images.",
        instrument=[{"@id": MAIN}, *_packages(graph, said["versions"])],
        object=[*images, code, *asked],
        result=[files[run / name] for name in left],
        resourceUsage=_usage(graph, run, name, said["hardware"]),
        endTime=said.get("finished"),
        actionStatus={"@id": "http://schema.org/CompletedActionStatus"},
    )


def _usage(
    graph: Graph, run: Path, name: str, hardware: Iterable[Mapping[str, Any]]
) -> list[Reference]:
    """The time that a training took, and each place that it ran on."""
    seconds = sum(row["seconds"] for row in read_own_history(run / "history.csv"))
    time = fragment("usage", name, "time")
    usage = [graph.add_value(time, "training time", round(seconds, 3), unitText="seconds")]
    for number, one in enumerate(hardware, 1):
        threads = counted(one["threads"], "thread")
        place = f"{one['device_name']}, {one['precision']}, {threads}"
        usage.append(graph.add_value(fragment("hardware", name, number), "hardware", place))
    return usage


def _packages(graph: Graph, versions: Mapping[str, str]) -> Iterable[Reference]:
    for name, version in sorted(versions.items()):
        home = _HOMES.get(name, "https://pypi.org/project/{}/{}/").format(name, version)
        yield graph.add(
            home,
            "SoftwareApplication",
            name=name,
            softwareVersion=version,
            url={"@id": home},
        )


def _settings(graph: Graph, subject: str, settings: Mapping[str, Any]) -> list[Reference]:
    lines = (line.partition(": ") for line in flattened(settings))
    return [
        graph.add_value(fragment("setting", subject, key), key, value) for key, _, value in lines
    ]


def _scores(graph: Graph, run: Path) -> Iterable[Reference]:
    """The scores of a training on the test images; the interval of an accuracy is a Wilson one."""
    metrics, name = read_json(run / "metrics.json", METRICS), f"{run.parent.name}-{run.name}"
    low, high = wilson_interval(metrics["accuracy"], metrics["n"])
    interval = {"minValue": low, "maxValue": high}
    for key, title in _SCORES.items():
        bounded = key == "accuracy"
        note = ", with its 95% interval (Wilson)" if bounded else ""
        yield graph.add_value(
            fragment("score", name, key),
            f"{title} of {run.parent.name}, {run.name}",
            metrics[key],
            description=f"On {metrics['n']:,} test images, protocol {metrics['protocol']}{note}.",
            **(interval if bounded else {}),
        )


def _authors(graph: Graph, citation: Mapping[str, Any]) -> list[Reference]:
    return [
        graph.add(
            one["orcid"] or fragment("author", one["name"]),
            "Person" if one["is_person"] else "Organization",
            name=one["name"],
        )
        for one in citation["authors"]
    ]


def _license(graph: Graph, name: str) -> Reference:
    uri = f"https://spdx.org/licenses/{name}"
    return graph.add(uri, "CreativeWork", name=name, url=uri)


def _license_of_results(graph: Graph, inputs: CrateInputs) -> Reference | str:
    """Of drawn images nobody else is asked; of others the workflow cannot know."""
    if read_json(inputs.source, SOURCE)["origin"] == "drawn":
        return _license(graph, inputs.citation["license"])
    return (
        "Not stated. Results depend on the images, whose licence the workflow does not know; its "
        f"own code is under {inputs.citation['license']}."
    )


def _written(path: Path) -> str:
    """When a file was written, in UTC."""
    when = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC)
    return when.isoformat(timespec="seconds")
