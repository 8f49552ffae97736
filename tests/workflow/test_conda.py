"""``--use-conda`` with a stand-in for conda that behaves as two of its versions.

conda 24.7.1, 26.5.3 and 26.7.1 themselves were tried by hand; their channels are not to be had
where the tests run.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
import yaml
from tiny_workflow import PATIENCE, ROOT

pytestmark = pytest.mark.slow

STAND_IN = Path(__file__).with_name("stand_in_conda.py")
ACTIVATE = 'export PATH="$1/bin:$PATH" CONDA_PREFIX="$1"\n'


@pytest.fixture(params=["26.7.1", "24.7.1"])
def any_conda(request, tmp_path, monkeypatch):
    install_conda(tmp_path, monkeypatch, request.param)


@pytest.fixture
def newest_conda(tmp_path, monkeypatch):
    install_conda(tmp_path, monkeypatch, "26.7.1")


def install_conda(tmp_path, monkeypatch, version):
    root = tmp_path / "miniforge"
    (root / "bin").mkdir(parents=True)
    (root / "bin/activate").write_text(ACTIVATE)
    command = root / "bin/conda"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" {version} "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN_CONDA_ROOT", str(root))


ONE_STAGE = ("results/shapes/source.json", "--use-conda")


def environments(workflow):
    return sorted(path for path in (workflow.folder / ".snakemake/conda").glob("*_"))


@pytest.mark.usefixtures("any_conda")
def test_a_stage_runs_in_an_environment_that_conda_makes_of_its_file(fresh_workflow):
    workflow = fresh_workflow()

    result = workflow.run(*ONE_STAGE)

    (made,) = environments(workflow)
    assert (made / "bin/python").exists()
    assert "Creating conda environment envs/data.yaml (0.2 GB)" in result.output


@pytest.mark.parametrize("path", [*ROOT.glob("envs/*.yaml"), ROOT / "environment.yaml"])
def test_conda_forge_is_the_only_channel(path):
    assert yaml.safe_load(path.read_text())["channels"] == ["conda-forge"]


@pytest.mark.usefixtures("newest_conda")
def test_the_stand_in_refuses_what_conda_26_7_refuses(fresh_workflow):
    workflow = fresh_workflow()
    workflow.edit("envs/data.yaml", "  - conda-forge\n", "  - conda-forge\n  - nodefaults\n")

    result = workflow.run(*ONE_STAGE, check=False)

    assert result.returncode != 0
    assert "UnavailableInvalidChannel" in result.output


def numpy_in(environment):
    (info,) = environment.glob("lib/python*/site-packages/numpy-*.dist-info")
    return info, info.parent / "numpy"


def rename_a_module(environment):
    _, module = numpy_in(environment)
    module.rename(module.with_name("numqy"))


def lose_a_package(environment):
    info, module = numpy_in(environment)
    info.unlink()
    module.unlink()


def take_another_version(environment):
    info, _ = numpy_in(environment)
    metadata = (info / "METADATA").read_text()
    info.unlink()
    info.mkdir()
    (info / "METADATA").write_text(metadata.replace("\nVersion: ", "\nVersion: 0.", 1))


def lose_the_interpreter(environment):
    for python in environment.glob("bin/python*"):
        python.unlink()


@pytest.mark.usefixtures("newest_conda")
@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (rename_a_module, "No module named 'numpy'"),
        (lose_a_package, "none found in "),
        (take_another_version, "wanted, 0."),
        (lose_the_interpreter, "python: one under "),
    ],
)
def test_an_environment_that_is_not_as_pinned_is_refused_by_name(fresh_workflow, damage, told):
    workflow = fresh_workflow()
    workflow.run(*ONE_STAGE)
    (made,) = environments(workflow)
    damage(made)
    shutil.rmtree(workflow.folder / "results")

    result = workflow.run(*ONE_STAGE, check=False)

    assert result.returncode != 0
    assert told in result.output
    log = (workflow.folder / "logs/shapes/draw_shapes.log").read_text()
    assert told in log
    assert f"Delete {made}" in log or damage is lose_the_interpreter
    shutil.rmtree(made)
    assert workflow.run(*ONE_STAGE).returncode == 0


@pytest.mark.usefixtures("newest_conda")
def test_after_a_kill_while_an_environment_is_made_no_stage_runs_on_other_packages(
    fresh_workflow, monkeypatch, tmp_path
):
    workflow = fresh_workflow()
    monkeypatch.setenv("STAND_IN_CONDA_GATE", str(tmp_path / "never opened"))
    killed = workflow.start(*ONE_STAGE)
    wait_until(lambda: environments(workflow))
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    monkeypatch.delenv("STAND_IN_CONDA_GATE")

    again = workflow.run(*ONE_STAGE, check=False)
    (made,) = environments(workflow)
    os.killpg(killed.pid, signal.SIGKILL)

    packages = [path.name for path in made.glob("lib/python*/site-packages/numpy")]
    assert (again.returncode == 0) == bool(packages)
    if again.returncode:
        assert "is not what envs/data.yaml asks for" in again.output


@pytest.mark.usefixtures("newest_conda")
def test_a_second_snakemake_leaves_a_half_made_environment_alone(
    fresh_workflow, monkeypatch, tmp_path
):
    workflow = fresh_workflow()
    gate = tmp_path / "gate"
    monkeypatch.setenv("STAND_IN_CONDA_GATE", str(gate))
    first = workflow.start(*ONE_STAGE)
    wait_until(lambda: environments(workflow))

    second = workflow.run(*ONE_STAGE, check=False)

    assert second.returncode != 0
    assert "Another snakemake is at work in this folder" in second.output
    assert "Removing incomplete" not in second.output
    gate.touch()
    assert first.wait(PATIENCE) == 0


@pytest.mark.usefixtures("newest_conda")
def test_finished_results_ask_for_no_environment(workflow):
    output = workflow.run("--use-conda").output

    assert "Nothing to be done" in output
    assert "conda environment" not in output
    assert environments(workflow) == []


@pytest.mark.usefixtures("newest_conda")
@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["--config", "device=auto"], "tensorflow"),
        (["--config", "device=gpu"], "tensorflow-gpu"),
        (["--config", "device=cpu"], "tensorflow"),
        (["--config", "device=auto", "backend=jax"], "jax"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
@pytest.mark.skipif(bool(list(Path("/dev").glob("nvidia[0-9]*"))), reason="there is a GPU")
def test_without_a_gpu_auto_takes_the_environment_without_cuda(
    fresh_workflow, arguments, environment
):
    output = fresh_workflow().run("-n", "--use-conda", *arguments).output

    assert f"Conda environment envs/{environment}.yaml will be created." in output


@pytest.mark.usefixtures("newest_conda", "plugins")
def test_where_jobs_run_elsewhere_auto_takes_the_environment_with_cuda(fresh_workflow):
    workflow = fresh_workflow()

    arguments = ["-n", "--workflow-profile", "profiles/slurm", "--config", "device=auto"]
    output = workflow.run(*arguments).output

    assert "Conda environment envs/tensorflow-gpu.yaml will be created." in output


def test_without_conda_a_missing_package_is_told_with_its_environment(fresh_workflow):
    workflow = fresh_workflow()
    workflow.edit("scripts/draw_shapes.py", "from resnetcam.sources import shapes", "import numqy")

    result = workflow.run("results/shapes/source.json", check=False)

    log = (workflow.folder / "logs/shapes/draw_shapes.log").read_text()
    for told in (result.output, log):
        assert "No module named 'numqy'" in told
        assert "envs/data.yaml" in told
        assert "make venv" in told


@pytest.mark.usefixtures("conda")
def test_snakemake_writes_a_dockerfile_with_every_environment(fresh_workflow):
    dockerfile = fresh_workflow().run("--containerize").stdout

    for name in ("data", "report", "tensorflow"):
        assert f"COPY envs/{name}.yaml /conda-envs/" in dockerfile
    for path in (Path("envs/data.yaml"), Path("envs/tensorflow.yaml")):
        pins = yaml.safe_load((ROOT / path).read_text())["dependencies"][-1]["pip"]
        assert all(pin.split(" --hash")[0].split(" ;")[0] in dockerfile for pin in pins)


def wait_until(holds):
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)
