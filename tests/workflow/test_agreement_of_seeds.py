"""Maps from seed to seed: made where an experiment has several seeds, and only there."""

import json
import re

import numpy as np
import pytest
from scipy.stats import spearmanr

from resnetcam.backends.processor import available_threads
from resnetcam.explain.display import is_flat
from resnetcam.explain.maps import default_group, read_maps
from resnetcam.explain.table_of_agreement import read_agreement

pytestmark = pytest.mark.slow


def test_a_second_seed_brings_the_agreement_of_maps(workflow):
    folder = workflow.folder / "results/shapes/tiny"
    assert not (folder / "agreement.json").exists()
    assert "### Do the seeds' maps agree?" not in (folder.parent / "report.md").read_text()
    workflow.edit("tiny.yaml", "seeds: [1]", "seeds: [1, 7]")

    workflow.run("results/shapes/tiny/report.md")

    scores = json.loads((folder / "agreement.json").read_text())
    assert scores["seeds"] == [1, 7]
    images, table = read_agreement(folder / "agreement.csv")
    one, other = (
        read_maps(path, default_group(path, "true")).of(images).maps
        for path in (folder / f"seed{seed}/gradcam.h5" for seed in (1, 7))
    )
    kept = ~(is_flat(one) | is_flat(other))
    expected = [
        spearmanr(a.ravel(), b.ravel()).statistic
        for a, b in zip(one[kept], other[kept], strict=True)
    ]
    assert scores["compared"] == kept.sum() > 0
    default = scores["methods"]["gradcam"]["same_image"]
    assert default["correlation"]["mean"] == pytest.approx(np.mean(expected))
    assert table.correlation[kept] == pytest.approx(np.array(expected), abs=1e-5)
    report = (folder / "report.md").read_text()
    assert "### Do the seeds' maps agree?" in report
    assert "](agreement.png)" in report
    assert workflow.planned("results/shapes/tiny/report.md") == {}


def test_a_single_seed_has_nothing_to_compare(workflow):
    result = workflow.run("-n", "results/shapes/tiny/agreement.json", check=False)

    assert result.returncode != 0
    assert "Experiment tiny has one seed" in result.output
    assert "experiments.tiny.seeds: [1, 2]" in result.output


def test_seeds_run_side_by_side(workflow):
    """With as many threads each as there are cores for all of them."""
    workflow.edit("tiny.yaml", "seeds: [1]", "seeds: [2, 3]")

    threads = {
        cores: workflow.run("-n", "--cores", cores, "results/shapes/tiny/seed2/model.keras").output
        for cores in ("1", "6", "40")
    }

    for cores, output in threads.items():
        expected = max(1, min(8, min(int(cores), available_threads()) // 2))
        said = re.findall(r"threads: (\d+)", output)
        assert said == ([str(expected)] if expected > 1 else [])
