"""What a mistake that was mended, or a change of looks alone, makes run: no more than it must."""

import pytest

pytestmark = pytest.mark.slow

REPORTS = {"report": 1}


def test_a_mistyped_class_that_was_mended_makes_no_map_again(workflow):
    """Neither at once, nor beside the maps of a seed that is added afterwards."""
    maps = workflow.folder / "results/shapes/tiny/seed1/gradcam.h5"
    before = maps.stat()
    workflow.edit("tiny.yaml", "gradcam: {", "gradcam: {classes: [predicted, rnig], ")

    output = workflow.run(check=False).output

    assert "no class 'rnig' (did you mean 'ring'?)" in output
    assert "rule explain:" not in output.partition("no class 'rnig'")[2]
    assert maps.stat().st_mtime_ns == before.st_mtime_ns
    workflow.edit("tiny.yaml", "classes: [predicted, rnig], ", "")
    assert workflow.planned() == {}
    workflow.edit("tiny.yaml", "seeds: [1]", "seeds: [1, 2]")
    planned = workflow.planned()
    assert (planned["train"], planned["explain"]) == (1, 1)
    assert "choose_classes" not in planned


def test_explain_refuses_an_unknown_class_itself(workflow):
    """Where the check of all classes was made for others: a stage relies on its own settings."""
    workflow.edit("scripts/choose_classes.py", "check_class_choices(", "print(")
    workflow.edit("tiny.yaml", "gradcam: {", "gradcam: {classes: [predicted, rnig], ")

    output = workflow.run("--until", "explain", check=False).output

    assert "[explain shapes/tiny/1] gradcam.classes: there is no class 'rnig'" in output
    assert "Traceback" not in output


def test_a_colormap_draws_figures_and_nothing_else(workflow):
    workflow.edit("config.yaml", "colormap: inferno", "colormap: viridis")

    assert workflow.planned() == {"gradcam_figures": 1, "explorer": 1, **REPORTS}
