"""The whole chain on a tiny configuration, and what it leaves behind."""

import hashlib
import html
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from urllib.parse import quote, unquote

import h5py
import numpy as np
import pytest
import yaml
from PIL import Image
from tiny_workflow import server

from resnetcam.common.sample import sample

pytestmark = pytest.mark.slow

RUN = Path("results/shapes/tiny/seed1")


@pytest.fixture
def results(finished_workflow):
    return finished_workflow.folder / "results/shapes"


def test_a_data_set_with_one_experiment_has_one_report(results):
    assert (results / "report.html").exists()
    assert not [*(results / "tiny").glob("report.*")]


def test_every_link_of_the_report_leads_somewhere(results):
    path = results / "report.md"
    links = re.findall(r"\]\(<?([^)>\s]+)>?\)", path.read_text())
    local = [link for link in links if not link.startswith(("http", "#"))]

    images = [link for link in local if link.endswith(".png")]
    assert len(images) >= 5
    assert [link for link in local if not (path.parent / unquote(link)).exists()] == []


def test_the_html_report_stands_alone(results):
    page = (results / "report.html").read_text()

    assert page.count("data:image/svg+xml,") >= 5
    assert not re.search(r'src="(?!data:)', page)
    assert page.count("<script") == 1 and "script-src 'sha256-" in page


def test_a_page_to_look_through_the_images_stands_beside_it(results):
    path = results / "explorer.html"
    (data,) = re.findall(
        r'<script type="application/json" id="data">(.*)</script>', path.read_text()
    )
    data = json.loads(data)

    assert path.stat().st_size < 8_000_000
    assert data["numbers"] == sample(60, 30).tolist()
    assert data["regionOf"] == list(range(30))
    (run,) = data["runs"]
    layers = ["stage3_block1_out", "stage3_block1_out", "stage2_block1_out"]
    assert [group["layer"] for group in run["groups"]] == layers
    assert [group["images"] for group in run["groups"]] == [30, 30, 30]


def test_the_report_shows_accuracy_baseline_and_localisation(results):
    text = (results / "report.md").read_text()
    accuracy = json.loads((results / "tiny/seed1/metrics.json").read_text())["accuracy"]
    baseline = json.loads((results / "baseline.json").read_text())["accuracy"]
    scores = json.loads((results / "tiny/seed1/localisation.json").read_text())

    assert f"{accuracy:.1%} of 60 test images" in text
    assert f"{baseline:.1%}" in text
    assert "--configfile tiny.yaml --config dataset=shapes device=cpu\n" in text
    for setting in ("    draw_seed: 0", "    validation_images: ", "      steps: "):
        assert f"\n{setting}" in text
    for name in ("gradcam", "eigencam", "randomised_network", "other_image", "centred_gaussian"):
        assert f"{scores['candidates'][name]['pointing_game']['mean']:.1%}" in text


def test_files_have_the_documented_form(results):
    folder = results / "tiny/seed1"
    with h5py.File(folder / "gradcam.h5") as file:
        group = file["gradcam/stage3_block1_out/predicted"]
        assert group["maps"].shape == (60, 8, 8)
        assert group["maps"].dtype == np.float32
        assert (group["maps"][()] >= 0).all()
        assert group["class_index"].shape == group["image_index"].shape == (60,)
        assert file["eigencam/stage2_block1_out/true/maps"].shape == (30, 16, 16)
    with h5py.File(folder / "randomised.h5") as file:
        assert file["gradcam/stage3_block1_out/stem/maps"].shape == (30, 8, 8)
    faithfulness = json.loads((folder / "faithfulness.json").read_text())
    assert (faithfulness["n"], faithfulness["steps"]) == (30, 4)
    assert {"gradcam", "eigencam", "random", "uniform"} <= set(faithfulness["candidates"])
    assert len(list((folder / "figures").glob("class_*.png"))) == 10
    with h5py.File(folder / "predictions.h5") as file:
        assert file["test/logits"].shape == (60, 10)
        assert file["validation/logits"].shape == (40, 10)
        assert file["training/logits"].shape == (160, 10)
    with h5py.File(results / "data.h5") as file:
        assert file["x_train"].dtype == np.uint8
        assert file["holdout/validation"].shape == (40,)
        assert file["test_selected/train"].shape == (200,)
    assert (folder / "history.csv").read_text().count("\n") == 3
    metrics = json.loads((folder / "metrics.json").read_text())
    assert {"accuracy", "loss", "n", "protocol", "selected_on", "best", "last"} <= set(metrics)


def test_a_run_says_which_packages_it_had(results):
    provenance = json.loads((results / "tiny/seed1/run.json").read_text())

    assert provenance["environment"]["file"] == "envs/tensorflow.yaml"
    assert provenance["environment"]["made_by"] == "its user"
    # The tests run on what the lock pins.
    assert provenance["environment"]["differences"] == {}


def keras_alone(folder, code):
    """Run code in a folder, in a process that knows nothing of this project."""
    (folder / "alone.py").write_text(code)
    command = server("stage", None).command("alone.py")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def files_of_a_run(results, tmp_path):
    """A folder with what is needed to look at a run's network."""
    for name in ("data.h5", "tiny/seed1/model.keras", "tiny/seed1/predictions.h5"):
        shutil.copy(results / name, tmp_path)
    for name in ("faithfulness.json", "gradcam.h5"):
        shutil.copy(results / "tiny/seed1" / name, tmp_path)
    return tmp_path


def test_the_code_in_the_model_card_answers_as_the_stages_did(results, files_of_a_run):
    shutil.copy(results / "tiny/seed1/model.json", files_of_a_run)
    with h5py.File(files_of_a_run / "data.h5") as data:
        Image.fromarray(data["x_test"][0]).save(files_of_a_run / "photo.png")
    card = (results / "tiny/seed1/README.md").read_text()
    code = re.search(r"```python\n(.*?)```", card, re.DOTALL)[1]
    check = """
import h5py
with h5py.File("predictions.h5") as file:
    logits = file["test/logits"][0]
expected = np.exp(logits - logits.max())
assert np.allclose(probabilities, expected / expected.sum(), atol=1e-5)
"""
    assert len(code.splitlines()) <= 8

    keras_alone(files_of_a_run, code + check)


def test_the_saved_model_agrees_with_the_predictions_without_the_projects_code(files_of_a_run):
    code = """
import sys, h5py, keras
assert not any(name.startswith("resnetcam") for name in sys.modules)
model = keras.saving.load_model("model.keras", safe_mode=True)
with h5py.File("data.h5") as data, h5py.File("predictions.h5") as predictions:
    probabilities = model.predict(data["x_test"][()], verbose=0)
    assert (probabilities.argmax(1) == predictions["test/logits"][()].argmax(1)).all()
"""
    keras_alone(files_of_a_run, code)


def test_covering_goes_from_the_image_to_the_mean_image_in_the_predicted_class(files_of_a_run):
    """The curves' ends, from the saved model alone."""
    code = """
import json, h5py, numpy as np, keras
model = keras.saving.load_model("model.keras")
with h5py.File("gradcam.h5") as maps:
    chosen = maps["eigencam/stage3_block1_out/true/image_index"][()]
with h5py.File("data.h5") as data:
    images, mean = data["x_test"][chosen], 255 * data["holdout/mean"][()]
whole = model.predict(images, verbose=0)
predicted = whole.argmax(1)
covered = model.predict(mean[None], verbose=0)[0][predicted].mean()
whole = whole[np.arange(30), predicted].mean()
candidates = json.load(open("faithfulness.json"))["candidates"]
for name in ("gradcam", "eigencam", "random"):
    curves = candidates[name]["curves"]
    ends = [curves[kind][place] for kind in ("deletion", "insertion") for place in (0, -1)]
    np.testing.assert_allclose(ends, [whole, covered, covered, whole], atol=1e-5)
"""
    keras_alone(files_of_a_run, code)


def test_maps_of_the_trained_network_are_like_themselves_and_those_of_a_random_one_are_not(results):
    randomisation = json.loads((results / "tiny/seed1/randomisation.json").read_text())
    first, *_, last = randomisation["levels"]
    assert (first["part"], last["part"]) == ("none", "stem")
    assert 0 < randomisation["compared"] <= 30
    assert first["correlation"]["mean"] == pytest.approx(1, abs=1e-3)
    assert first["flat_maps"] == 0
    assert last["correlation"]["mean"] < 0.8


def test_the_shapes_dataset_takes_the_official_layout(results):
    import tarfile

    with tarfile.open(results / "images.tar.gz") as archive:
        sizes = {Path(m.name).name: m.size for m in archive if m.isfile()}

    assert sizes["data_batch_1.bin"] == 40 * 3073
    assert sizes["test_batch.bin"] == 60 * 3073


def test_snakemakes_own_report_holds_figures_with_captions(workflow):
    workflow.run("--report", "report.zip")

    with zipfile.ZipFile(workflow.folder / "report.zip") as archive:
        names = archive.namelist()
        text = "".join(
            archive.read(name).decode(errors="ignore")
            for name in names
            if name.endswith((".html", ".js", ".json"))
        )
    assert sum(name.endswith(".png") for name in names) >= 5
    assert "Solid lines are the training images" in text


def test_a_local_archive_with_drawn_regions_goes_the_same_way(workflow):
    """The drawn archive again, as a user's own: same content, so nothing is trained anew."""
    shapes = workflow.folder / "results/shapes"
    archive, export = workflow.folder / "own.tar.gz", workflow.folder / "via_export_csv (1).csv"
    shutil.copy(shapes / "images.tar.gz", archive)
    shutil.copy(shapes / "regions.csv", export)
    other = workflow.folder / "roofs & walls' [2].csv"
    shutil.copy(workflow.folder / "resources/example_annotations.csv", other)
    settings = yaml.safe_load((workflow.folder / "tiny.yaml").read_text())
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    settings["dataset"] = "own"
    settings["datasets"]["own"] = {
        **{k: v for k, v in settings["datasets"]["shapes"].items() if k != "draw_seed"},
        "archive": {"path": archive.name, "sha256": digest},
        "regions": export.name,
        "annotations": [other.name],
        "published_history": "resources/published_history.csv",
    }
    (workflow.folder / "tiny.yaml").write_text(yaml.safe_dump(settings))

    output = workflow.run().output

    own = workflow.folder / "results/own"
    assert "nothing to train" in output
    assert (own / "data.h5").read_bytes() == (shapes / "data.h5").read_bytes()
    assert (workflow.folder / f"resources/archives/{digest}/own.tar.gz").exists()
    scores = [json.loads((d / "tiny/seed1/localisation.json").read_text()) for d in (own, shapes)]
    assert scores[0] == scores[1]
    assert digest in (own / "report.md").read_text().splitlines()[0]
    assert len(list((own / "annotate").glob("test_*.png"))) == 3
    assert "used: 60 of 60 regions, on 60 images" in output
    for name in ("regions", other.stem):
        figure = f"annotations/{name}.png"
        assert (own / figure).exists()
        assert f"]({quote(figure)})" in (own / "report.md").read_text()
    assert "roofs & walls' [2].csv" in html.unescape((own / "report.html").read_text())
    assert workflow.planned() == {}
