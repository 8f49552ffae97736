"""Another backend: what runs again and in which environment, and what does not."""

import json
import re

import pytest
from test_rerun import FROM_TRAIN

pytestmark = pytest.mark.slow

JAX = ("--config", "backend=jax")


@pytest.mark.usefixtures("conda")
@pytest.mark.parametrize(
    ("backend", "device", "expected"),
    [
        ("tensorflow", "gpu", "tensorflow-gpu"),
        ("jax", "cpu", "jax"),
        ("jax", "gpu", "jax-gpu"),
    ],
)
def test_backend_and_device_choose_the_environment(fresh_workflow, backend, device, expected):
    settings = ("--config", f"backend={backend}", f"device={device}")
    output = fresh_workflow().run("-n", "--use-conda", *settings).output

    environments = set(re.findall(r"environment envs/(\S+)\.yaml will be created", output))
    assert environments == {"data", "report", expected}


def change(workflow, backend):
    """Change what the modules of a backend do; return a function that takes it back."""
    texts = {
        path: path.read_text()
        for path in (workflow.folder / f"scripts/resnetcam/backends/on_{backend}").glob("[a-z]*.py")
    }
    assert len(texts) >= 4
    for path, text in texts.items():
        path.write_text(text + "\nassert True\n")

    def restore():
        for path, text in texts.items():
            path.write_text(text)

    return restore


def test_jax_trains_anew_and_back_on_tensorflow_nothing_is_trained(workflow):
    run = workflow.folder / "results/shapes/tiny/seed1"
    target = "results/shapes/tiny/seed1/gradcam.h5"
    by_tensorflow = (run / "model.keras").read_bytes()
    change(workflow, "jax")
    assert workflow.planned() == {}
    assert workflow.planned(*JAX) == FROM_TRAIN

    workflow.run(target, *JAX, own_process=True)

    assert (run / "model.keras").read_bytes() != by_tensorflow
    provenance = json.loads((run / "run.json").read_text())
    assert provenance["backend"] == "jax"
    assert "jaxlib" in provenance["versions"]
    restore = change(workflow, "tensorflow")
    assert workflow.planned(target, *JAX) == {}
    assert workflow.planned() == FROM_TRAIN
    restore()

    output = workflow.run("--until", "train").output

    assert "nothing to train" in output
    assert (run / "model.keras").read_bytes() == by_tensorflow


def test_a_report_names_the_backend_in_the_command_that_reproduces_it(workflow):
    workflow.run("results/shapes/report.md", "--allowed-rules", "report", *JAX)

    text = (workflow.folder / "results/shapes/report.md").read_text()
    assert "--configfile tiny.yaml --config dataset=shapes backend=jax device=cpu\n" in text
