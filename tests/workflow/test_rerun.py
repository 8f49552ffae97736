"""The table of docs/design.md, row by row: only what changed runs again."""

import csv
import hashlib
import json
import os
import re

import h5py
import pytest
import yaml
from tiny_workflow import rules_of_plan

from resnetcam.sources.members import read_members, sha256_of_source

pytestmark = pytest.mark.slow

REPORTS = {"report": 1}
FROM_GRADCAM_FIGURES = {"gradcam_figures": 1, **REPORTS}
FROM_TRAINING_FIGURES = {"training_figures": 1, **REPORTS}
FROM_MEASURES = {"measure_maps": 1, "localise": 1, **FROM_GRADCAM_FIGURES}
FROM_EXPLAIN = {"explain": 1, "explorer": 1, **FROM_MEASURES}
FROM_LABELS = {"find_label_candidates": 1, "explorer": 1, **REPORTS}
FROM_SHIFT = {"measure_shift": 1, "shift_figure": 1, "model_card": 1, **REPORTS}
FROM_EVALUATE = {
    "evaluate": 1,
    "compare": 1,
    **FROM_SHIFT,
    **FROM_TRAINING_FIGURES,
    **FROM_LABELS,
    **FROM_EXPLAIN,
}
FROM_TRAIN = {"train": 1, **FROM_EVALUATE}
OF_SEVERAL_SEEDS = {"compare_maps": 1, "agreement_figure": 1}


def comment_every_script(workflow):
    for path in [*workflow.folder.rglob("scripts/**/*.py")]:
        path.write_text("# a comment\n" + path.read_text() + "\n\n# another\n")


def touch_everything(workflow):
    for path in workflow.folder.rglob("*"):
        if path.is_file() and ".snakemake" not in path.parts:
            os.utime(path)


def rewrite_time_stamps_in_reverse(workflow):
    files = [p for p in workflow.folder.rglob("*") if p.is_file() and ".snakemake" not in p.parts]
    for age, path in enumerate(sorted(files)):
        os.utime(path, (1.6e9 + age, 1.6e9 + age))


def reformat_the_config(workflow):
    for name in ("config.yaml", "tiny.yaml"):
        path = workflow.folder / name
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()), sort_keys=True, indent=8))
    workflow.edit("tiny.yaml", "momentum: 0.9", "momentum: 0.90")


def reorder_a_script(workflow):
    path = workflow.folder / "scripts/resnetcam/recipe/schedules/one_cycle.py"
    text = path.read_text()
    before = "from dataclasses import dataclass\n\nimport numpy as np\n"
    lines = text.replace(before, "import numpy as np\nfrom dataclasses import dataclass\n")
    lines = lines.replace("Taken at", "Measured at")
    assert lines != text
    path.write_text(lines)


@pytest.mark.parametrize(
    "change",
    [
        touch_everything,
        rewrite_time_stamps_in_reverse,
        comment_every_script,
        reformat_the_config,
        reorder_a_script,
        lambda workflow: None,
    ],
)
def test_nothing_runs_when_nothing_changed_its_meaning(workflow, change):
    change(workflow)

    assert workflow.planned() == {}


@pytest.mark.usefixtures("conda")
@pytest.mark.parametrize(
    "arguments",
    [
        ["--cores", "1"],
        ["--config", "device=auto"],
        ["--default-resources", "mem_mb=1234", "slurm_partition=other"],
        ["--set-resources", "train:mem_mb=999", "train:runtime=7"],
        ["--set-threads", "train=1"],
        ["--use-conda"],
    ],
    ids=" ".join,
)
def test_nothing_runs_when_only_the_place_changed(workflow, arguments):
    assert workflow.planned(*arguments) == {}


@pytest.mark.usefixtures("conda", "plugins")
def test_nothing_runs_when_the_profile_changed(workflow):
    assert workflow.planned("--workflow-profile", "profiles/slurm", "--executor", "local") == {}


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        (
            "scripts/resnetcam/explain/methods/gradcam.py",
            "(weights * A)",
            "(A * weights)",
            FROM_EXPLAIN,
        ),
        ("scripts/resnetcam/explain/methods/layercam.py", "(np.maximum(g, 0)", "(np.abs(g)", {}),
        ("scripts/resnetcam/recipe/schedules/one_cycle.py", "[0, 1, 0]", "[0, 1, 0.5]", FROM_TRAIN),
        ("scripts/train.py", "plan = ", "plan = plan_ = ", FROM_TRAIN),
        ("scripts/resnetcam/training/progress.py", 'unit=" images"', 'unit=" pictures"', {}),
        ("scripts/resnetcam/training/state.py", "nothing to train", "nothing is trained", {}),
        (
            "scripts/resnetcam/evaluation/predictions.py",
            '"n": len(labels)',
            '"n": len(logits)',
            FROM_EVALUATE,
        ),
        (
            "scripts/resnetcam/explain/faithfulness.py",
            "+ curve[:, :-1]",
            "+ curve[:, 1:]",
            FROM_MEASURES,
        ),
        (
            "scripts/resnetcam/explain/randomisation.py",
            '"compared": n - int(',
            '"compared": n + int(',
            FROM_MEASURES,
        ),
        (
            "scripts/resnetcam/evaluation/labels.py",
            "total / len(logits)",
            "total / max(1, len(logits))",
            FROM_LABELS,
        ),
        ("tiny.yaml", "steps: 4", "steps: 5", FROM_MEASURES),
        ("tiny.yaml", "shift: {images: 8}", "shift: {images: 9}", FROM_SHIFT),
        (
            "scripts/resnetcam/shift/corruptions.py",
            "(x - mean) * share",
            "share * (x - mean)",
            FROM_SHIFT,
        ),
        ("report/shift.rst", "corrupted", "spoilt", {"shift_figure": 1, **REPORTS}),
        ("report/mean_image.rst", "mean", "average", FROM_TRAINING_FIGURES),
        ("report/class_page.rst", "test images", "pictures", FROM_GRADCAM_FIGURES),
        ("report/comparison.rst", "row", "line", {"compare": 1, "report": 1}),
        ("tiny.yaml", "methods: [gradcam,", "methods: [hirescam,", FROM_EXPLAIN),
        (
            "config.yaml",
            "colormap: inferno",
            "colormap: jet",
            {"explorer": 1, **FROM_GRADCAM_FIGURES},
        ),
        ("report/report.md.j2", "\n", "\n\n", REPORTS),
        ("report/explorer.js", "\n", "\n\n", {"explorer": 1}),
        ("report/explorer.rst", "Test images", "Pictures", {"explorer": 1}),
        ("report/model_card.md.j2", "\n", "\n\n", {"model_card": 1}),
        ("CITATION.cff", "version: 0", "version: 10", {"model_card": 1, **REPORTS}),
        ("tiny.yaml", "peak: 0.05", "peak: 0.06", FROM_TRAIN),
        (
            "envs/report.yaml",
            "matplotlib==",
            "matplotlib==0",
            {
                "compare": 1,
                "draw_annotations": 2,
                "shift_figure": 1,
                "model_card": 1,
                **FROM_TRAINING_FIGURES,
                **FROM_GRADCAM_FIGURES,
                **FROM_LABELS,
            },
        ),
        ("envs/tensorflow.yaml", "keras==", "keras==0", FROM_TRAIN),
        ("config.yaml", "timeout: 15", "timeout: 20", {}),
    ],
)
def test_a_change_runs_its_stage_and_what_follows(workflow, path, old, new, expected):
    workflow.edit(path, old, new)

    assert workflow.planned() == expected


def plan(text):
    """A printed plan: the words of all its lines; Snakemake puts them in the order of sets."""
    jobs = text[text.index("Building DAG of jobs") :]
    lines = re.sub(r"(?m)^(\[.* \d{4}\]| +jobid: .*)$", "", jobs).splitlines()
    return sorted(sorted(re.findall(r"[\w./-]+", line)) for line in lines)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("tiny.yaml", "", ""),
        ("scripts/resnetcam/explain/methods/gradcam.py", "(weights * A)", "(A * weights)"),
        ("tiny.yaml", "seeds: [1]", "seeds: [1, 7]"),
        ("envs/report.yaml", "matplotlib==", "matplotlib==0"),
    ],
    ids=["nothing", "code", "config", "environment"],
)
def test_a_plan_is_to_the_word_what_snakemake_says_in_a_process_of_its_own(
    workflow, path, old, new
):
    """A witness for all plans of these tests: they begin with imports that were made before."""
    workflow.edit(path, old, new)

    own = workflow.run("-n", own_process=True)

    assert plan(workflow.run("-n").output) == plan(own.output)
    assert ("train" in rules_of_plan(own)) == (new == "seeds: [1, 7]")


def test_an_added_seed_runs_alone(workflow):
    workflow.edit("tiny.yaml", "seeds: [1]", "seeds: [1, 7]")

    assert workflow.planned() == FROM_TRAIN | OF_SEVERAL_SEEDS
    assert "seed=7" in workflow.run("-n", "--until", "train").output


def test_an_added_experiment_runs_alone(workflow):
    workflow.edit("tiny.yaml", "experiments: [tiny]", "experiments: [tiny, more]")
    workflow.edit(
        "tiny.yaml",
        "experiments:\n  tiny:",
        "experiments:\n"
        "  more: {model: resnet8v1, recipe: tiny, protocol: test_selected, seeds: [1]}\n"
        "  tiny:",
    )

    assert workflow.planned() == FROM_TRAIN | {"experiment_report": 2}

    workflow.edit("tiny.yaml", "experiments: [tiny, more]", "experiments: [tiny, more, final]")
    workflow.edit(
        "tiny.yaml",
        "experiments:\n  more:",
        "experiments:\n"
        "  final: {model: resnet8v1, recipe: tiny, overrides: {select: last}, protocol: full,\n"
        "          seeds: [1]}\n"
        "  more:",
    )
    folder = workflow.folder / "results/shapes"
    targets = ("results/shapes/comparison.csv", "results/shapes/final/seed1/faithfulness.json")

    output = workflow.run(*targets).output

    assert workflow.planned(*targets) == {}
    assert "To train: results/shapes/final/seed1, 2 epochs of 200 images." in output
    for name, chosen_on in (("tiny", "validation"), ("more", "test"), ("final", "nothing")):
        metrics = json.loads((folder / name / "seed1/metrics.json").read_text())
        assert metrics["selected_on"] == chosen_on
    with open(folder / "comparison.csv", newline="") as file:
        known = {row["experiment"]: row["val_accuracy_mean"] != "" for row in csv.DictReader(file)}
    assert known == {"tiny": True, "more": True, "final": False}
    with h5py.File(folder / "final/seed1/predictions.h5") as file:
        assert file["validation/logits"].shape == (0, 10)


def test_a_setting_changed_and_changed_back_trains_once(workflow):
    final = workflow.folder / "results/shapes/tiny/seed1/model.keras"
    before = final.read_bytes()
    workflow.edit("tiny.yaml", "peak: 0.05", "peak: 0.06")
    workflow.run("--until", "train")
    assert final.read_bytes() != before
    workflow.edit("tiny.yaml", "peak: 0.06", "peak: 0.05")

    output = workflow.run("--until", "train").output

    assert "nothing to train" in output
    assert not re.search(r"epoch +\d+/", output)
    assert final.read_bytes() == before


def test_swapped_numbers_are_noticed(workflow):
    workflow.edit("tiny.yaml", "validation_images: 40", "validation_images: 41\n    split_seed: 40")
    assert workflow.planned()["preprocess"] == 1
    workflow.run("results/shapes/data.h5")
    workflow.edit(
        "tiny.yaml",
        "validation_images: 41\n    split_seed: 40",
        "validation_images: 40\n    split_seed: 41",
    )

    assert workflow.planned("results/shapes/data.h5") == {"preprocess": 1}


def test_new_preprocessing_code_with_the_same_bytes_trains_nothing(workflow):
    data = workflow.folder / "results/shapes/data.h5"
    before = data.read_bytes()
    workflow.edit(
        "scripts/resnetcam/data/preprocessing.py", "255 * len(indices)", "len(indices) * 255"
    )
    planned = workflow.planned()
    assert {"preprocess", "train", "evaluate", "explain"} <= set(planned)

    output = workflow.run("--until", "train").output

    assert data.read_bytes() == before
    assert "nothing to train" in output


def test_settings_of_the_download_do_not_download_again(workflow):
    """Mirrors, time-outs, paths and the downloader's code are not what an archive is."""
    workflow.edit("tiny.yaml", "dataset: shapes", "dataset: cifar10")
    store = workflow.folder / "local.tar.gz"
    store.write_bytes(b"any bytes: the download rule only compares hashes")
    settings = yaml.safe_load((workflow.folder / "tiny.yaml").read_text())
    settings["datasets"]["cifar10"] = {
        "train_images": 50000,
        "test_images": 10000,
        "archive": {
            "path": str(store),
            "sha256": hashlib.sha256(store.read_bytes()).hexdigest(),
        },
    }
    (workflow.folder / "tiny.yaml").write_text(yaml.safe_dump(settings))
    workflow.run("results/cifar10/source.json")
    settings["datasets"]["cifar10"]["archive"] |= {
        "path": None,
        "urls": ["http://127.0.0.1:9/elsewhere"],
        "timeout": 3,
    }
    (workflow.folder / "tiny.yaml").write_text(yaml.safe_dump(settings))
    workflow.edit("scripts/resnetcam/sources/archives.py", "import", "import antigravity\nimport")

    planned = workflow.planned("results/cifar10/source.json")

    assert planned == {}


def test_a_folder_of_extracted_files_is_a_source_that_may_be_touched(workflow):
    folder = workflow.folder / "extracted"
    folder.mkdir()
    _, members = read_members(workflow.folder / "results/shapes/images.tar.gz", 10**8)
    for name, content in members.items():
        (folder / name).write_bytes(content)
    settings = yaml.safe_load((workflow.folder / "tiny.yaml").read_text())
    settings["datasets"]["cifar10"] = {
        **{k: v for k, v in settings["datasets"]["shapes"].items() if k != "draw_seed"},
        "archive": {"path": folder.name, "sha256": sha256_of_source(folder)},
    }
    settings["dataset"] = "cifar10"
    (workflow.folder / "tiny.yaml").write_text(yaml.safe_dump(settings))
    data = "results/cifar10/data.h5"

    workflow.run(data)

    made = workflow.folder / data
    assert made.read_bytes() == (workflow.folder / "results/shapes/data.h5").read_bytes()
    for path in folder.rglob("*"):
        os.utime(path)
    assert workflow.planned(data) == {}


def test_maps_for_another_class_get_a_figure_of_their_own(workflow):
    workflow.edit("tiny.yaml", "gradcam: {", "gradcam: {classes: [predicted, ring], ")
    expected = {"choose_classes": 1, "other_classes_figure": 1, **FROM_EXPLAIN}
    assert workflow.planned() == expected

    workflow.run()

    figure = workflow.folder / "results/shapes/tiny/seed1/figures/gradcam_classes.png"
    assert figure.stat().st_size > 10_000
    report = (workflow.folder / "results/shapes/report.md").read_text()
    assert "### Maps for ring" in report and "(tiny/seed1/figures/gradcam_classes.png)" in report


def test_a_figure_of_other_classes_is_refused_where_none_is_named(workflow):
    figure = "results/shapes/tiny/seed1/figures/gradcam_classes.png"
    result = workflow.run("-n", figure, check=False)
    assert result.returncode != 0
    assert "gradcam.classes names no class beside `predicted` and `true`" in result.output
