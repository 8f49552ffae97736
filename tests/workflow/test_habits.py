"""What people do: mistype, lose a file, lay configs over each other, put spaces into paths."""

import os
import re
import subprocess
import sys
import sysconfig

import pytest
from test_rerun import FROM_EXPLAIN, FROM_GRADCAM_FIGURES, FROM_LABELS, FROM_TRAIN, REPORTS
from tiny_workflow import RUN, Workflow

pytestmark = pytest.mark.slow

REPORT = "results/shapes/report.md"
FROM_SUMMARY = {"summarise_annotations": 1, "draw_annotations": 1, **REPORTS}


def test_a_missing_file_of_the_user_hides_no_change(workflow):
    """To Snakemake alone there is nothing to be done where an input of finished results is gone."""
    (workflow.folder / "typo.yaml").write_text(
        "datasets: {shapes: {published_history: resources/published_histroy.csv}}\n"
        "recipes: {tiny: {epochs: 3}}\n"
    )

    result = workflow.run("-n", "--configfile", "tiny.yaml", "typo.yaml", check=False)

    assert result.returncode != 0
    told = (
        "datasets.shapes.published_history: resources/published_histroy.csv: there is no such file"
    )
    assert f"{told} (did you mean 'published_history.csv'?)" in result.output


def test_a_missing_text_of_the_workflow_is_named(workflow):
    (workflow.folder / "report/report.md.j2").unlink()

    result = workflow.run("-n", check=False)

    assert result.returncode != 0
    assert "report/report.md.j2 is missing: it belongs to the workflow" in result.output


@pytest.mark.parametrize("targets", [[], [REPORT]], ids=["all", "report"])
@pytest.mark.parametrize(
    ("lost", "made"),
    [
        ("figures/class_3.png", FROM_GRADCAM_FIGURES),
        ("gradcam.h5", FROM_EXPLAIN),
        ("model.keras", FROM_TRAIN),
        ("predictions.h5", {name: 1 for name in FROM_TRAIN if name != "train"}),
        ("../label_candidates.csv", FROM_LABELS),
        ("../../comparison.png", {"compare": 1, "report": 1}),
        (
            "../../annotations/regions.json",
            {"summarise_annotations": 1, "draw_annotations": 1, **REPORTS},
        ),
    ],
)
def test_what_is_lost_is_made_again(workflow, targets, lost, made):
    (workflow.folder / RUN / lost).unlink()

    expected = {rule: 1 for rule in made if not targets or rule not in ("explorer", "model_card")}
    assert workflow.planned(*targets) == expected


def test_a_lost_model_comes_back_from_the_finished_training(workflow):
    model = workflow.folder / RUN / "model.keras"
    before = model.read_bytes()
    model.unlink()

    output = workflow.run(str(RUN / "model.keras")).output

    assert "nothing to train" in output
    assert model.read_bytes() == before


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("results/shaeps/report.md", "no dataset 'shaeps' (did you mean 'shapes'?)"),
        ("results/shaeps/data.h5", "no dataset 'shaeps' (did you mean 'shapes'?)"),
        ("results/shapes/tinny/report.md", "no experiment 'tinny' (did you mean 'tiny'?)"),
        (f"{RUN}/figures/confusion.png", "did you mean 'figures/confusion_matrix.png'?"),
        (f"{RUN}/modell.keras", "did you mean 'model.keras'?"),
        (f"{RUN}/figures/gradcam_classes.png", "names no class beside"),
    ],
)
def test_a_mistyped_target_is_told_with_the_nearest_name(finished_workflow, target, told):
    result = finished_workflow.run("-n", target, check=False)

    assert result.returncode != 0
    assert told in result.output
    for noise in ("Traceback", "No rule to produce", "Wildcards:", ".smk"):
        assert noise not in result.output


def indent_with_a_tab(config):
    config.write_text(config.read_text().replace("\n  fast:", "\n\tfast:", 1))


def say_a_key_twice(config):
    config.write_text(config.read_text() + "\ndevice: cpu\n")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (indent_with_a_tab, "a line begins with a tab"),
        (say_a_key_twice, "the key device already exists"),
        (lambda config: config.unlink(), "config.yaml is not in "),
    ],
)
def test_what_is_wrong_with_the_config_file_is_told_in_one_message(fresh_workflow, spoil, told):
    workflow = fresh_workflow()
    spoil(workflow.folder / "config.yaml")

    result = Plain(workflow.folder).run("-n", check=False)

    assert result.returncode != 0
    assert told in result.output
    assert "Traceback" not in result.output


class Plain(Workflow):
    """The workflow with no config file but its own."""

    def _arguments(self, arguments):
        return arguments


def test_a_plan_says_how_long_the_trainings_may_take(finished_workflow):
    output = finished_workflow.run("-n", "--forcerun", "train").output

    assert "To train: results/shapes/tiny/seed1, 2 epochs of 160 images.\n" in output
    assert "takes about" in output.rpartition("This was a dry-run")[2]
    assert "These are only 16 steps, in which a network learns little" in output


def test_a_plan_of_enough_steps_has_no_warning(fresh_workflow):
    output = fresh_workflow().run("-n", "--config", "dataset=cifar10").output

    assert "To train: results/cifar10/fast/seed1, 14 epochs of 45,000 images.\n" in output
    assert "learns little" not in output


def test_a_run_ends_with_its_report_and_headline_where_nothing_was_to_be_done_too(workflow):
    (workflow.folder / REPORT).unlink()
    outputs = [workflow.run().output, workflow.run().output]
    for output in outputs:
        lines = output.strip().splitlines()
        assert lines[-2] == f"Report: {REPORT} (and report.html beside it)"
        assert lines[-1].startswith("tiny: ") and lines[-1].endswith("% test accuracy")
    assert re.search(r"^Stages: report \d+ s, (\d+ min )?\d+ s by the clock\.$", outputs[0], re.M)
    assert "Nothing to be done" in outputs[1] and "Stages: " not in outputs[1]


def test_a_run_that_fails_ends_with_no_headline(workflow):
    (workflow.folder / REPORT).unlink()
    workflow.edit("scripts/write_report.py", "write_report(", "1 / 0\n    write_report(")

    output = workflow.run(check=False).output

    assert "Report: " not in output


def test_replacing_the_report_of_other_config_files_is_told_before_it_is_done(workflow):
    text = (workflow.folder / "tiny.yaml").read_text()
    (workflow.folder / "other.yaml").write_text(text.replace("steps: 4", "steps: 5"))

    for arguments in (["-n"], ["--until", "choose_classes"]):
        output = workflow.run(*arguments, "--configfile", "other.yaml").output
        was_planned = "-n" in arguments
        assert ("was made from config.yaml, tiny.yaml" in output) == was_planned
    assert "config.yaml, tiny.yaml" in (workflow.folder / REPORT).read_text()


def test_a_folder_and_an_interpreter_with_spaces_in_their_paths(fresh_workflow, tmp_path):
    folder = tmp_path / "my projects" / "work flow"
    folder.parent.mkdir()
    fresh_workflow().copy_to(folder)
    venv = folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (packages,) = venv.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"))
    command = [venv / "bin/python", "-m", "snakemake", "--cores", "2", "--configfile", "tiny.yaml"]

    done = subprocess.run(
        [*command, "--", "results/shapes/source.json"],
        cwd=folder,
        env={**os.environ, "PYTHONNOUSERSITE": "1"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert (folder / "results/shapes/source.json").exists()
