"""The crate of a run: files as they are, scores as measured, no term that readers do not know."""

import hashlib
import json
from pathlib import Path
from urllib.parse import unquote

import pytest
from small_run import SOURCE, write_dataset_folder, write_run

from resnetcam.provenance.citation import read_citation
from resnetcam.provenance.crate import CONTEXT, CrateInputs, write_crate
from resnetcam.provenance.graph import Graph, fragment
from resnetcam.provenance.workflow_files import MAIN, copy_workflow

ROOT = Path(__file__).parents[2]
# Of https://w3id.org/ro/crate/1.1/context (CC0) those terms that crates use. Readers skip others.
TERMS = json.loads(Path(__file__).with_name("ro_crate_1.1_terms.json").read_text())["@context"]
CITATION = read_citation(ROOT / "CITATION.cff")
RUNS = ("fast/seed1", "fast/seed2")


@pytest.fixture
def crate(tmp_path):
    """Returns a function that writes a crate and returns its entities by id, in its folder."""

    def make(dataset="shapes", source=SOURCE, citation=CITATION):
        folder = tmp_path / dataset
        write_dataset_folder(folder, ["cat", "dog"], source)
        (folder / "report.md").write_text("# Report\n")
        runs = [write_run(folder / run, ["cat", "dog"]) for run in RUNS]
        for run in runs:
            (run / "model.keras").write_bytes(b"weights")
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        inputs = CrateInputs(
            dataset=dataset,
            folder=folder,
            data=folder / "data.h5",
            source=folder / "source.json",
            report=folder / "report.md",
            runs=runs,
            results=files,
            settings={"split_seed": 7, "twins": "<b>keep</b>"},
            citation=citation,
            snakemake="9.27.1",
        )
        write_crate(inputs, folder / "ro-crate-metadata.json")
        content = json.loads((folder / "ro-crate-metadata.json").read_text())
        assert content["@context"] == CONTEXT
        make.folder, make.files = folder, files
        return {one["@id"]: one for one in content["@graph"]}

    return make


def values(entity):
    """All that an entity says, with the names by which it says it."""
    for key, value in entity.items():
        for one in value if isinstance(value, list) else [value]:
            yield key, one


def test_every_reference_leads_to_an_entity_or_elsewhere(crate):
    entities = crate()

    dead = [
        one["@id"]
        for entity in entities.values()
        for _, one in values(entity)
        if isinstance(one, dict)
        and not one["@id"].startswith(("http://", "https://"))
        and one["@id"] not in entities
    ]
    assert dead == []


def test_only_terms_are_used_that_the_context_knows(crate):
    known = {*TERMS, *CONTEXT[1], "@id", "@type"}
    entities = [*crate(source=SOURCE | {"origin": "archive"}).values()]

    assert {key for entity in entities for key in entity} <= known
    kinds = {one for entity in entities for key, one in values(entity) if key == "@type"}
    assert kinds <= known


def test_files_are_listed_with_their_size_and_digest(crate):
    entities = crate("a b#c")

    parts = {one["@id"] for one in entities["./"]["hasPart"]}
    for path in crate.files:
        (entity,) = (one for one in parts if unquote(one) == str(path.relative_to(crate.folder)))
        assert entities[entity]["contentSize"] == str(path.stat().st_size)
        assert entities[entity]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert entities["data.h5"]["encodingFormat"] == "application/x-hdf5"
    assert parts - set(map(str, crate.files)) >= {MAIN, "workflow/"}


def test_scores_are_those_that_were_measured(crate):
    entities = crate()

    metrics = json.loads((crate.folder / "fast/seed1/metrics.json").read_text())
    score = entities[fragment("score", "fast-seed1", "accuracy")]
    assert score["value"] == metrics["accuracy"]
    assert score["minValue"] < score["value"] < score["maxValue"]
    assert entities[fragment("score", "fast-seed2", "ece")]["value"] == metrics["ece"]
    measured = {one["@id"] for one in entities["./"]["variableMeasured"]}
    assert measured == {one for one in entities if one.startswith("#score")}
    assert len(measured) == 10


def test_a_training_says_with_what_and_when_and_from_which_commit(crate):
    entities = crate()

    training = entities["#training-fast-seed1"]
    assert training["endTime"] == "2026-11-30T10:01:47+00:00"
    assert "startTime" not in training and "agent" not in training
    packages = [entities[one["@id"]] for one in training["instrument"]]
    found = {one["name"]: one.get("softwareVersion") for one in packages}
    assert found == {CITATION["title"]: None, "keras": "3.15.1", "python": "3.11.7"}
    asked = [entities[one["@id"]] for one in training["object"]]
    named = {one["name"]: one.get("value") for one in asked}
    assert named["recipe.optimizer.name"] == "sgd"
    assert named["commit of the code"].endswith("-dirty")
    usage = [entities[one["@id"]]["value"] for one in training["resourceUsage"]]
    assert usage == [40.0, "A | B, float32, 2 threads"]
    assert {one["@id"] for one in training["result"]} >= {"fast/seed1/model.keras"}


def test_what_is_not_known_is_not_said(crate):
    drawn, others = crate(), crate("photos", SOURCE | {"origin": "files"})

    assert drawn["./"]["license"] == {"@id": "https://spdx.org/licenses/MIT"}
    assert others["./"]["license"].startswith("Not stated.")
    assert "author" not in drawn["./"] and "agent" not in drawn["#run"]
    assert "codeRepository" not in drawn[MAIN]
    cited = crate("cited", citation=CITATION | {"repository": "https://example.org/r"})
    assert cited[MAIN]["codeRepository"] == "https://example.org/r"


def test_a_graph_holds_each_id_once_and_nothing_empty():
    graph = Graph()

    assert graph.add("#a", "Thing", name="first", url=None) == graph.add("#a", "Thing", name="2")
    assert list(graph.entities()) == [{"@id": "#a", "@type": "Thing", "name": "first"}]


def test_the_copy_of_the_workflow_is_whole_and_holds_nothing_else(tmp_path):
    (tmp_path / "copy/old").mkdir(parents=True)

    copy_workflow(ROOT, tmp_path / "copy")

    copied = {str(path.relative_to(tmp_path / "copy")) for path in (tmp_path / "copy").rglob("*")}
    needed = [*ROOT.glob("scripts/**/*.py"), *ROOT.glob("rules/*"), *ROOT.glob("schemas/*")]
    needed += [*ROOT.glob("profiles/*/*"), *ROOT.glob("report/*"), *ROOT.glob("resources/*.csv")]
    assert copied >= {str(path.relative_to(ROOT)) for path in needed}
    assert {"Snakefile", "config.yaml", "LICENSE", "requirements.txt"} <= copied
    assert not {"old", "results", ".git", "tests", "resources/archives"} & copied
