"""The workflow in other folders than its own, and as a module of another workflow."""

import hashlib
import os
import re
import shlex
import subprocess
import zipfile

import pytest
import tiny_workflow
import yaml
from tiny_workflow import TINY

pytestmark = pytest.mark.slow

# As few maps as there can be: what is tested here is where files lie.
SETTINGS = yaml.safe_load(TINY)
SETTINGS["datasets"]["shapes"]["gradcam"] = {
    **{"methods": ["gradcam"], "layers": ["final"], "classes": ["predicted", "true"]},
    **{"images": 10, "steps": 2},
}

HOST = """\
configfile: "settings/host.yaml"


rule all:
    input:
        "seen/results/shapes/report.md",
        "own.txt",


module resnetcam:
    snakefile:
        "{snakefile}"
    config:
        config["resnetcam"]
    prefix:
        "seen"


use rule * from resnetcam as cam_*


rule own:
    output:
        "own.txt",
    shell:
        "echo {{config[mine]}} > {{output}}"
"""


def snakemake(folder, *arguments, check=True):
    """Call Snakemake in a folder; return all that it says."""
    done = tiny_workflow.snakemake(folder, *arguments, check=False)
    assert (done.returncode == 0) == check, done.output
    return done.output


def files_in(folder):
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def clone(fresh_workflow):
    """The workflow's own folder, where nothing is ever run."""
    return fresh_workflow().folder


@pytest.fixture(scope="module")
def elsewhere(clone, tmp_path_factory):
    """A working directory of a real run; Snakemake was called one folder above."""
    folder = tmp_path_factory.mktemp("shell") / "my work"
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(SETTINGS))
    before = files_in(clone)
    output = snakemake(folder.parent, "--snakefile", clone / "Snakefile", "--directory", folder)
    assert files_in(clone) == before
    (folder / "said.txt").write_text(output)
    return folder


@pytest.fixture(scope="module")
def host(clone, elsewhere, tmp_path_factory):
    """Another workflow after a real run, with this one as a module that shares its trainings."""
    folder = tmp_path_factory.mktemp("host")
    (folder / "settings").mkdir()
    (folder / "Snakefile").write_text(HOST.format(snakefile=clone / "Snakefile"))
    state = os.path.relpath(elsewhere / ".training", folder)
    settings = {"mine": 3, "resnetcam": {**SETTINGS, "state": state}}
    (folder / "settings/host.yaml").write_text(yaml.safe_dump(settings))
    (folder / "said.txt").write_text(snakemake(folder))
    return folder


def test_everything_made_lies_in_the_working_directory(elsewhere):
    made = {path.name for path in elsewhere.iterdir()}
    assert {"results", "logs", "benchmarks", ".training", ".snakemake"} <= made
    assert (elsewhere / "results/shapes/report.html").exists()
    # A file that the shipped config names, beside what this config says.
    assert (elsewhere / "results/shapes/annotations/example_annotations.png").exists()


def test_a_run_elsewhere_ends_with_a_path_as_its_shell_sees_it(elsewhere):
    (path,) = re.findall(r"^Report: (.*) \(and", (elsewhere / "said.txt").read_text(), re.M)
    assert path == "my work/results/shapes/report.md"


def test_the_report_names_files_and_a_command_that_are_right_there(elsewhere, clone):
    report = (elsewhere / "results/shapes/report.md").read_text()
    snakefile = os.path.relpath(clone / "Snakefile", elsewhere)
    (command,) = re.findall(r"^snakemake .*$", report, re.MULTILINE)
    assert f"--snakefile {snakefile} --cores " in command
    assert "--configfile" not in command
    (written,) = re.findall(r"^Written .* from (.*)\.$", report, re.MULTILINE)
    assert written.replace("\\", "").endswith("/workflow/config.yaml, config.yaml")

    assert "Nothing to be done" in snakemake(elsewhere, *shlex.split(command)[1:], "-n")


def test_a_module_makes_its_results_under_its_prefix_and_shares_trainings(host):
    assert (host / "own.txt").read_text() == "3\n"
    assert {path.name for path in (host / "seen").iterdir()} == {"results", "logs", "benchmarks"}
    assert not (host / ".training").exists()
    log = (host / "seen/logs/shapes/tiny/seed1/train.log").read_text()
    assert "nothing to train" in log
    # The last words are those of the other workflow.
    assert "Report: " not in (host / "said.txt").read_text()


def test_a_report_of_a_module_names_the_other_workflows_command(host):
    report = (host / "seen/results/shapes/report.md").read_text()
    (command,) = re.findall(r"^snakemake .*$", report, re.MULTILINE)
    assert re.fullmatch(r"snakemake seen/results/shapes/report.md --cores \d+", command)
    (written,) = re.findall(r"^Written .* from (.*)\.$", report, re.MULTILINE)
    assert written.replace("\\", "").endswith("/workflow/config.yaml, Snakefile")

    # Its own profile, not ours, decides what makes a job run again: here Snakemake's default.
    assert "Nothing to be done" in snakemake(host, *shlex.split(command)[1:], "-n")


def test_the_other_workflows_own_report_holds_the_modules_figures_and_captions(host):
    snakemake(host, "--report", "report.zip")

    with zipfile.ZipFile(host / "report.zip") as archive:
        names = archive.namelist()
        pages = [name for name in names if name.endswith((".html", ".js", ".json"))]
        text = "".join(archive.read(name).decode(errors="ignore") for name in pages)
    assert sum(name.endswith(".png") for name in names) >= 5
    assert "Solid lines are the training images" in text


def test_without_a_config_of_its_own_a_folder_gets_the_shipped_one(clone, tmp_path):
    output = snakemake(tmp_path, "-n", "--snakefile", clone / "Snakefile")

    assert "results/cifar10/fast/seed1/model.keras" in output
    assert f"{clone}/resources/published_history.csv" in output
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("as_module", [False, True])
def test_a_file_is_looked_for_in_the_working_directory_first(clone, tmp_path, as_module):
    """Then in the workflow's own folder; both are named where it is in neither."""
    snakefile, text = clone / "Snakefile", HOST.format(snakefile=clone / "Snakefile")
    config = {"datasets": {"cifar10": {"published_history": "resources/published_history.csv"}}}
    name = "config.yaml"
    if as_module:
        snakefile, name = tmp_path / "Snakefile", "settings/host.yaml"
        (tmp_path / "settings").mkdir()
        snakefile.write_text(text.replace("results/shapes", "results/cifar10"))

    def plan(check=True):
        settings = {"mine": 3, "resnetcam": config} if as_module else config
        (tmp_path / name).write_text(yaml.safe_dump(settings))
        return snakemake(tmp_path, "-n", "--snakefile", snakefile, check=check)

    assert f", {clone}/resources/published_history.csv" in plan()

    (tmp_path / "resources").mkdir()
    (tmp_path / "resources/published_history.csv").write_bytes(
        (clone / "resources/published_history.csv").read_bytes()
    )
    assert ", resources/published_history.csv" in plan()

    config["datasets"]["cifar10"]["published_history"] = "resources/published_histroy.csv"
    output = plan(check=False)
    assert "resources/published_histroy.csv: there is no such file (did you mean" in output
    assert f"Looked for from {tmp_path} and {clone}" in output


def test_working_directories_share_archives(clone, tmp_path):
    """The second one has no way to get the archive but from the store that both name."""
    archive = tmp_path / "any.tar.gz"
    archive.write_bytes(b"any bytes: the download compares hashes alone")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    numbers = {"train_images": 50000, "test_images": 10000}
    for name, source in (
        ("first", {"path": "../any.tar.gz"}),
        ("second", {"path": None, "urls": ["http://127.0.0.1:9/nowhere"]}),
    ):
        settings = {
            "archives": "../store",
            "datasets": {"cifar10": numbers | {"archive": {"sha256": digest, **source}}},
        }
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").write_text(yaml.safe_dump(settings))
        target = ["results/cifar10/source.json", "--snakefile", clone / "Snakefile"]
        snakemake(tmp_path / name, *target)

    assert (tmp_path / "store" / digest / "any.tar.gz").exists()
    assert "../store/" in (tmp_path / "second/results/cifar10/source.json").read_text()
    assert not (tmp_path / "second/resources").exists()


def test_a_module_takes_no_other_workflows_mistakes_for_its_own(clone, tmp_path):
    """A missing file of the other workflow is told by Snakemake, not as a file of a run."""
    host = HOST.format(snakefile=clone / "Snakefile").replace('        "seen"\n', '        ""\n')
    host = host.replace("seen/results/shapes/report.md", "results/x/y/seed1/z.txt")
    (tmp_path / "Snakefile").write_text(host)
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings/host.yaml").write_text("{mine: 3, resnetcam: {dataset: shapes}}")

    output = snakemake(tmp_path, "-n", check=False)

    assert "MissingInputException" in output
    assert "no experiment" not in output


def test_a_workflow_that_is_not_on_this_machine_is_refused_in_one_sentence(clone, tmp_path):
    """Here from git, since a hosted one needs a network."""
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "Snakefile").write_bytes((clone / "Snakefile").read_bytes())
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"], ["tag", "v1"]):
        subprocess.run([*git, *command], cwd=repository, check=True)
    (tmp_path / "Snakefile").write_text(
        f'module one:\n    snakefile: gitfile("{repository}", path="Snakefile", tag="v1")\n\n'
        "use rule * from one\n"
    )

    output = snakemake(tmp_path, "-n", check=False)

    assert "The workflow must lie on this machine" in output
    assert "Traceback" not in output
