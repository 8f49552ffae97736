"""`pip install .` gives the library: every package of it, and none of the scripts."""

import re
import tomllib
from pathlib import Path

import pytest
from setuptools import find_packages
from small_stage import rule_of_a_stage

from resnetcam.provenance.citation import read_citation
from resnetcam.workflow import stage

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_packages_found_are_the_rooms_and_what_lies_in_them():
    options = PROJECT["tool"]["setuptools"]["packages"]["find"]
    (where,) = options["where"]
    assert options["namespaces"] is False

    found = find_packages(str(ROOT / where), include=options["include"])

    folders = {path.parent for path in (ROOT / "scripts").rglob("resnetcam/**/*.py")}
    assert set(found) == {".".join(f.relative_to(ROOT / "scripts").parts) for f in folders}
    assert {"resnetcam", "resnetcam.report.figures", "resnetcam.backends.on_jax"} <= set(found)


def test_nothing_is_forced_on_who_installs_it():
    assert PROJECT["project"]["dependencies"] == []


def test_every_extra_is_an_environment_of_the_workflow():
    names = {path.stem for path in (ROOT / "envs").glob("*.yaml")}

    assert set(PROJECT["project"]["optional-dependencies"]) == {*names, "workflow"}


def test_the_version_is_the_one_that_is_cited_and_logged():
    version = PROJECT["project"]["version"]

    assert re.search(rf"(?m)^version: {re.escape(version)}$", (ROOT / "CITATION.cff").read_text())
    assert f"\n## {version} " in (ROOT / "CHANGELOG.md").read_text()


def test_the_citation_names_this_project_its_people_and_its_licence():
    project, cited = PROJECT["project"], read_citation(ROOT / "CITATION.cff")

    assert cited["title"].startswith(f"{project['name']}: ")
    assert cited["version"] == project["version"]
    assert [one["name"] for one in cited["authors"]] == [one["name"] for one in project["authors"]]
    assert cited["license"] == project["license"]
    assert cited["license"] in (ROOT / "LICENSE").read_text().splitlines()[0]
    assert cited["repository"] == project.get("urls", {}).get("Repository")


def test_a_stage_refuses_a_library_that_is_not_its_own(tmp_path):
    """An installed copy would come first on a script's path, and run in its place."""
    with (
        pytest.raises(SystemExit),
        stage.logged(rule_of_a_stage(tmp_path / "a.log", scripts=tmp_path)),
    ):
        raise AssertionError("the stage ran")

    assert "pip uninstall resnetcam" in (tmp_path / "a.log").read_text()
