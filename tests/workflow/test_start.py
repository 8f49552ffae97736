"""What a user meets before anything runs: plans, errors, the lock."""

import re
import signal
import subprocess
import sys

import pytest

from resnetcam.workflow.environments import has_nvidia_device


@pytest.fixture(scope="module")
def shared(fresh_workflow):
    """One fresh workflow for tests that start nothing in it."""
    return fresh_workflow()


def test_the_default_plan_is_fast_on_cifar10_and_published_after_it(shared):
    output = shared.run("-n", "--configfile", "config.yaml").output

    assert "results/cifar10/fast/seed1/model.keras" in output
    assert "results/cifar10/published/seed1/model.keras" in output
    assert "results/cifar10/fast/report.md" in output
    jobs = re.findall(r"rule train:.*?experiment=(\w+),.*?priority: (\d+)", output, re.DOTALL)
    priorities = {experiment: int(priority) for experiment, priority in jobs}
    assert priorities["fast"] > priorities["published"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("listed", "explained"),
    [("rates", 0), ("rates-resnet20v1-demo-peak_0.05, rates", 2)],
)
def test_the_shipped_sweep_is_trained_and_what_is_listed_by_name_explained(
    shared, listed, explained
):
    text = f"dataset: shapes\ndatasets: {{shapes: {{experiments: [{listed}]}}}}\n"
    (shared.folder / "swept.yaml").write_text(text)

    planned = shared.planned("--configfile", "swept.yaml")

    assert (planned["train"], planned["evaluate"], planned["compare"]) == (6, 6, 1)
    assert planned.get("explain", 0) == planned.get("gradcam_figures", 0) == explained
    assert planned.get("experiment_report", 0) == explained // 2


def test_an_experiment_that_is_not_there_is_named(shared):
    result = shared.run(
        "-n", "results/cifar10/fsat/report.md", "--configfile", "config.yaml", check=False
    )

    assert result.returncode != 0
    assert "no experiment 'fsat' (did you mean 'fast'?)" in result.output


def test_annotations_that_are_not_there_are_named(shared):
    result = shared.run("-n", "results/shapes/annotations/exampel_annotations.json", check=False)

    assert result.returncode != 0
    assert "has no annotations called 'exampel_annotations' (did you mean" in result.output
    assert "KeyError" not in result.output


def test_one_experiment_can_be_asked_for_by_path(shared):
    output = shared.run(
        "-n", "results/cifar10/fast/report.md", "--configfile", "config.yaml"
    ).output

    assert "results/cifar10/fast/seed1/model.keras" in output
    assert "published/seed1" not in output


@pytest.mark.slow
@pytest.mark.usefixtures("conda", "plugins")
@pytest.mark.parametrize("profile", ["default", "slurm"])
def test_the_gpu_is_a_resource_where_there_may_be_one(shared, profile):
    arguments = ["-n", "--workflow-profile", f"profiles/{profile}", "--executor", "local"]
    outputs = {
        device: shared.run(*arguments, "--until", "train", "--config", f"device={device}").output
        for device in ("gpu", "auto", "cpu")
    }

    assert "gpu=1" in outputs["gpu"]
    assert ("gpu=1" in outputs["auto"]) == (has_nvidia_device() or profile == "slurm")
    assert "gpu=1" not in outputs["cpu"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"recipes.fast.epochs": "0"}, "recipes.fast.epochs: 0 is not allowed: must be at least 1"),
        ({"experiments.fast.recipe": "fats"}, "did you mean 'fast'?"),
        ({"models.resnet20v1.depth": "21"}, "the nearest are 20 and 26"),
        ({"experiments.fast.seeds": "[1, 1]"}, "1 is listed twice"),
        ({"datasets.shapes.validation_images": "4"}, "leaves a class empty"),
        ({"colour": "red"}, "there is no key 'colour' here"),
        ({"dataset": "cifra10"}, "did you mean 'cifar10'?"),
    ],
)
def test_a_broken_config_is_one_clear_error_and_starts_nothing(shared, settings, told):
    lines = []
    for key, value in settings.items():
        *parents, last = key.split(".")
        lines += ["  " * depth + f"{name}:" for depth, name in enumerate(parents)]
        lines.append("  " * len(parents) + f"{last}: {value}")
    (shared.folder / "broken.yaml").write_text("\n".join(lines) + "\n")

    result = shared.run("--configfile", "broken.yaml", check=False)

    assert result.returncode != 0
    assert told in result.output
    assert "Traceback" not in result.output
    assert "rule " not in result.output
    assert not (shared.folder / "results").exists()


@pytest.mark.slow
def test_without_a_network_one_message_says_what_to_do(shared):
    (shared.folder / "offline.yaml").write_text(
        "datasets:\n  cifar10:\n    archive:\n      urls:\n"
        "        - http://127.0.0.1:9/cifar-10-binary.tar.gz\n"
        "        - http://name.invalid/cifar-10-binary.tar.gz\n"
    )

    result = shared.run("results/cifar10/source.json", "--configfile", "offline.yaml", check=False)

    assert result.returncode != 0
    assert "127.0.0.1:9" in result.output
    assert "name.invalid" in result.output
    assert "archive.path" in result.output
    assert "dataset=shapes" in result.output
    assert "Traceback" not in result.output


@pytest.mark.slow
def test_an_experiment_that_its_dataset_does_not_list_has_a_page_before_its_report(fresh_workflow):
    workflow = fresh_workflow()
    nowhere = "datasets: {cifar10: {archive: {urls: ['http://name.invalid/x.tar.gz']}}}\n"
    (workflow.folder / "offline.yaml").write_text(nowhere)
    report = "results/cifar10/strong/report"

    output = workflow.run(f"{report}.md", "--configfile", "offline.yaml", check=False).output

    assert "ValueError" not in output and "name.invalid" in output
    page = (workflow.folder / f"{report}.html").read_text()
    assert "strong/seed1" in page and "fast" not in page and "name.invalid" in page


@pytest.mark.slow
def test_a_second_snakemake_in_the_folder_is_turned_away(shared):
    (shared.folder / ".snakemake").mkdir(exist_ok=True)
    path = shared.folder / ".snakemake" / "running"
    code = (
        "import fcntl, time, sys\n"
        f"lock = open({str(path)!r}, 'w'); lock.write('4711'); lock.flush()\n"
        "fcntl.flock(lock, fcntl.LOCK_EX); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        result = shared.run("results/shapes/data.h5", check=False)
        holder.send_signal(signal.SIGKILL)

    assert result.returncode != 0
    assert "4711" in result.output
    assert not (shared.folder / "results/shapes").exists()
    assert shared.run("results/shapes/source.json").returncode == 0


def swap_the_archive(workflow):
    workflow.edit("tiny.yaml", "validation_images: 40", "validation_images: 50")
    (workflow.folder / "results/shapes/images.tar.gz").write_bytes(b"another file")


def ask_for_a_class_that_is_not_there(workflow):
    workflow.edit("tiny.yaml", "steps: 4}", "steps: 4, classes: [rnig]}")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (swap_the_archive, "is gone or is another now"),
        (ask_for_a_class_that_is_not_there, "no class 'rnig' (did you mean 'ring'?)"),
    ],
)
def test_what_the_data_cannot_give_is_told_before_a_training_begins(workflow, spoil, told):
    """A wrong class is no reason not to train, for what does not need it goes on."""
    workflow.edit("tiny.yaml", "peak: 0.05", "peak: 0.04")
    spoil(workflow)

    result = workflow.run(check=False)

    assert result.returncode != 0
    before_training = result.output.partition("rule train:")[0]
    assert told in before_training
