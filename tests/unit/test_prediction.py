"""Answers for new images: what travels with a model, what becomes of a file, what is shown."""

import csv
import json
import shutil
import tracemalloc
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from small_metrics import SURENESS

from resnetcam.common.errors import InputError
from resnetcam.common.rows import Rows
from resnetcam.evaluation.predictions import softmax
from resnetcam.explain.explanation import explainer
from resnetcam.networks import description
from resnetcam.networks.description import Description, read_description
from resnetcam.networks.models import final_layer
from resnetcam.networks.saving import save_classifier
from resnetcam.prediction import new_images
from resnetcam.prediction.network import Network, checked_pixels
from resnetcam.prediction.new_images import read_images
from resnetcam.prediction.page import MOST_ON_A_PAGE, write_page
from resnetcam.prediction.stored import (
    Answers,
    NewImages,
    read_answers,
    read_new_images,
    write_answers,
    write_new_images,
)
from resnetcam.prediction.table import in_words, share_in_words, write_table
from resnetcam.prediction.trust import files_beside, temperature_of, what_is_measured
from resnetcam.report.figures.overlays import Look
from resnetcam.settings.question import model_asked_for
from resnetcam.settings.schema import read_schema

ROOT = Path(__file__).parents[2]
NAMES = tuple("abcdefghij")
COLORS = Description(NAMES, 16, 16, 3, "crop")
GREY = COLORS._replace(channels=1)


@pytest.fixture(scope="module")
def saved(trained_v1, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    save_classifier(trained_v1.model, path, COLORS)
    return path


@pytest.fixture
def read(tmp_path):
    """Read files with a description."""

    def call(*paths, description=COLORS):
        scratch = tmp_path / "scratch"
        scratch.mkdir(exist_ok=True)
        return read_images(paths, description, scratch)

    return call


# What travels with a model.


def test_the_model_itself_says_what_it_was_trained_on(saved):
    assert read_description(saved) == COLORS
    assert keras.saving.load_model(saved).input_shape == (None, 16, 16, 3)


def test_model_json_says_it_where_keras_has_dropped_it(saved, tmp_path):
    again = tmp_path / "again.keras"
    keras.saving.load_model(saved).save(again)
    with pytest.raises(InputError, match=r"does not say which classes .* no model\.json"):
        read_description(again)
    (tmp_path / "model.json").write_text(json.dumps(COLORS.as_json()))
    assert read_description(again) == COLORS


def test_a_description_of_another_form_is_refused(trained_v1, saved, tmp_path):
    shutil.copy(saved, tmp_path / "m.keras")
    keras.saving.load_model(saved).save(tmp_path / "m.keras")
    (tmp_path / "model.json").write_text(json.dumps(COLORS.as_json() | {"class_names": "abc"}))
    with pytest.raises(InputError, match="'class_names' is text and not a list"):
        read_description(tmp_path / "m.keras")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"fit": "foo"}, "'fit' is none of crop, pad, stretch"),
        ({"width": 32}, "not the same number from 1 to 512"),
        ({"height": -1, "width": -1}, "not the same number from 1 to 512"),
        ({"height": 10**9, "width": 10**9}, "not the same number from 1 to 512"),
        ({"channels": 4}, "'channels' is neither 1 nor 3"),
        ({"class_names": ["a", "\x1b[31m"]}, "one that cannot be printed"),
        ({"class_names": ["a", "\ud800"]}, "one that cannot be printed"),
    ],
)
def test_a_description_that_no_network_has_is_refused_before_it_is_followed(tmp_path, said, words):
    path, said = tmp_path / "m.keras", COLORS.as_json() | said
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"resnetcam": said}))
    with pytest.raises(InputError, match=rf"m\.keras cannot be used: in its metadata, .*{words}"):
        read_description(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", "{}")
    (tmp_path / "model.json").write_text(json.dumps(said))
    with pytest.raises(InputError, match=rf"model\.json cannot be used: .*{words}"):
        read_description(path)


def test_what_a_description_may_say_is_what_the_config_may():
    dataset = read_schema(ROOT / "schemas")["$defs"]["dataset"]["properties"]
    assert dataset["fit"]["enum"] == list(description._FITS)
    assert dataset["side"]["maximum"] == description._MOST_PIXELS


def test_hostile_metadata_are_read_in_bounded_memory(tmp_path):
    path = tmp_path / "m.keras"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("metadata.json", "w") as file,
    ):
        for _ in range(100):
            file.write(bytes(2**20))
    tracemalloc.start()
    with pytest.raises(InputError, match="metadata take more than 16,777,216 bytes"):
        read_description(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60 * 2**20


@pytest.mark.parametrize("damage", ["nested", "no stream"])
def test_metadata_that_cannot_be_read_are_one_message(tmp_path, damage):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", "[" * 100_000)
    if damage == "no stream":
        content = bytearray(path.read_bytes())
        start = 30 + len("metadata.json")  # after the header
        content[start : start + 20] = b"\xff" * 20
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"cut off, or no \.keras file"):
        read_description(path)


def test_a_description_of_another_model_is_refused(trained_v1, tmp_path):
    save_classifier(trained_v1.model, tmp_path / "m.keras", GREY)
    with pytest.raises(InputError, match=r"takes \(None, 16, 16, 3\) .* says \(None, 16, 16, 1\)"):
        Network(tmp_path / "m.keras")


def foreign_network(outputs="softmax", pool=keras.layers.GlobalAveragePooling2D, logits=10):
    """A network whose layers have the right names, as somebody may bring it."""
    images = keras.Input((16, 16, 3))
    pooled = pool(name="pool")(keras.layers.Conv2D(4, 3)(images))
    found = keras.layers.Dense(logits, name="logits")(pooled)
    softmax = keras.layers.Softmax()(keras.layers.Dense(10)(found) if logits != 10 else found)
    return keras.Model(images, {"softmax": softmax, "both": [softmax, found]}[outputs])


def sequential():
    layers = keras.layers
    pool, logits = layers.GlobalAveragePooling2D(name="pool"), layers.Dense(10, name="logits")
    return keras.Sequential([keras.Input((16, 16, 3)), layers.Conv2D(4, 3), pool, logits])


def flat():
    images = keras.Input((16, 16, 3))
    pooled = keras.layers.Dense(4, name="pool")(keras.layers.Flatten()(images))
    return keras.Model(images, keras.layers.Dense(10, name="logits")(pooled))


def lambda_layer():
    images = keras.Input((16, 16, 3))
    pooled = keras.layers.GlobalAveragePooling2D(name="pool")(images)
    doubled = keras.layers.Lambda(lambda values: 2 * values)(pooled)
    return keras.Model(images, keras.layers.Dense(10, name="logits")(doubled))


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: foreign_network("both"), "takes .* to .*10.*10.* It is that of another network"),
        (lambda: foreign_network(logits=5), r"with logits \(None, 5\)"),
        (sequential, "has no maps"),
        (flat, "has no maps"),
        (lambda_layer, "cannot be used: Keras cannot read it: .*Lambda"),
    ],
)
def test_a_network_that_is_built_otherwise_is_refused(tmp_path, build, words):
    save_classifier(build(), tmp_path / "m.keras", COLORS)
    with pytest.raises(InputError, match=words):
        Network(tmp_path / "m.keras")


def test_a_network_of_other_make_answers_if_it_is_built_alike(tmp_path):
    save_classifier(foreign_network(), tmp_path / "m.keras", COLORS)
    answers = Network(tmp_path / "m.keras").answer(np.zeros((16, 16, 3), np.uint8))
    assert answers.maps.shape == (1, 14, 14)


def test_a_network_that_answers_with_no_numbers_is_refused(trained_v1, saved, tmp_path):
    model = keras.saving.load_model(saved)
    logits = model.get_layer("logits")
    logits.set_weights([np.full_like(values, np.nan) for values in logits.get_weights()])
    save_classifier(model, tmp_path / "m.keras", COLORS)
    with pytest.raises(InputError, match=r"m\.keras answers with NaN or infinity"):
        Network(tmp_path / "m.keras").answer(trained_v1.images)


def test_a_model_that_unpacks_to_far_more_than_it_takes_is_refused_unread(saved, tmp_path):
    with (
        zipfile.ZipFile(saved) as source,
        zipfile.ZipFile(tmp_path / "m.keras", "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.writestr("metadata.json", source.read("metadata.json"))
        with archive.open("config.json", "w") as file:
            for _ in range(100):
                file.write(bytes(2**20))
    with pytest.raises(InputError, match=r"m\.keras cannot be used: it unpacks to 104,8"):
        Network(tmp_path / "m.keras")


@pytest.mark.parametrize(
    ("content", "words"), [(None, "There is no model"), (b"hello", "cut off, or no .keras file")]
)
def test_what_is_no_model_is_named(tmp_path, content, words):
    path = tmp_path / "m.keras"
    if content:
        path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_description(path)


def test_a_damaged_model_is_named_and_nobody_is_told_to_remove_it(saved, tmp_path):
    broken = tmp_path / "m.keras"
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(broken, "w") as archive:
        archive.writestr("metadata.json", source.read("metadata.json"))
    with pytest.raises(InputError, match=r"m\.keras cannot be used: Keras cannot read it") as found:
        Network(broken)
    assert "rm " not in str(found.value)


# What a network answers.


def test_answers_are_those_of_the_model_and_of_the_explainer(trained_v1, saved):
    network = Network(saved)
    answers = network.answer(trained_v1.images)

    expected = trained_v1.model.predict(trained_v1.images.astype(np.float32), verbose=0)
    np.testing.assert_allclose(answers.probabilities, expected, atol=1e-5)
    assert answers.class_names == NAMES
    explain = explainer(trained_v1.model, final_layer(trained_v1.model))
    maps = explain(trained_v1.images, answers.predicted[None], ["gradcam"])["gradcam"][0]
    np.testing.assert_allclose(answers.maps, maps, atol=1e-5)
    one = network.answer(trained_v1.images[3])
    np.testing.assert_allclose(one.maps[0], answers.maps[3], atol=1e-5)
    rows = Rows(trained_v1.images, np.arange(len(trained_v1.images)))
    np.testing.assert_array_equal(network.answer(rows).logits, answers.logits)


def test_pixels_of_other_types_are_rounded(trained_v1):
    images = trained_v1.images
    assert checked_pixels(images, COLORS) is images
    for kind in (np.float32, np.float64, np.int64):
        np.testing.assert_array_equal(checked_pixels(images.astype(kind), COLORS), images)
    np.testing.assert_array_equal(checked_pixels(np.zeros((2, 16, 16)), GREY).shape, (2, 16, 16, 1))
    np.testing.assert_array_equal(checked_pixels(np.zeros((16, 16)), GREY).shape, (1, 16, 16, 1))
    assert checked_pixels(np.zeros((0, 16, 16, 3)), COLORS).shape == (0, 16, 16, 3)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.full((2, 16, 16, 3), 0.5), r"found 0\.5 to 0\.5, as if they had been divided by 255"),
        (np.full((2, 16, 16, 3), -1.0), "found -1 to -1"),
        (np.full((2, 16, 16, 3), 300), "found 300 to 300"),
        (np.full((2, 16, 16, 3), np.nan), "found nan to nan"),
        (np.full((2, 32, 32, 3), 1, np.uint8), r"\(N, 16, 16, 3\), found \(2, 32, 32, 3\)"),
        (np.full((2, 3, 16, 16), 1, np.uint8), r"found \(2, 3, 16, 16\)"),
        (np.full((16, 16), 1, np.uint8), r"found \(16, 16\)"),
        (np.full((1, 16, 16, 3), "a"), "as numbers"),
    ],
)
def test_pixels_that_are_not_as_in_training_are_refused(images, words):
    with pytest.raises(InputError, match=words):
        checked_pixels(images, COLORS)


# What becomes of files.


def test_files_become_what_the_model_takes_and_it_is_said_how(read, tmp_path):
    folder = tmp_path / "new"
    (folder / "deep").mkdir(parents=True)
    random = np.random.default_rng(0)
    exact = random.integers(0, 256, (16, 16, 3), np.uint8)
    Image.fromarray(exact).save(folder / "exact.png")
    Image.fromarray(exact).resize((40, 20)).save(folder / "wide.jpg")
    Image.fromarray(exact[:8, :8]).convert("L").save(folder / "deep/small.png")
    sideways = Image.Exif()
    sideways[0x0112] = 6
    Image.new("RGB", (40, 20)).save(folder / "turned.jpg", exif=sideways)
    (folder / "note.txt").write_text("hello")

    images = read(folder)

    found = dict(zip(images.files, images.notes, strict=True))
    assert found == {
        "deep/small.png": "8 × 8 pixels, enlarged to 16 × 16",
        "exact.png": "",
        "turned.jpg": "20 × 40 pixels, its middle square resized to 16 × 16",
        "wide.jpg": "40 × 20 pixels, its middle square resized to 16 × 16",
    }
    np.testing.assert_array_equal(images.pixels[images.files.index("exact.png")], exact)
    assert images.pixels.shape == (4, 16, 16, 3)
    ((name, reason),) = images.unreadable
    assert name == "note.txt"
    assert reason.startswith("not an image")


def test_colours_become_grey_for_a_model_of_grey_images_with_a_word(read, tmp_path):
    Image.new("RGB", (16, 16), (255, 0, 0)).save(tmp_path / "red.png")
    Image.new("L", (16, 16), 77).save(tmp_path / "grey.png")

    images = read(tmp_path / "red.png", tmp_path / "grey.png", description=GREY)
    assert images.notes == ("turned grey", "")
    assert images.pixels.shape == (2, 16, 16, 1)
    assert isinstance(images.pixels, Rows)
    assert (images.pixels[0] == 76).all()
    assert (images.pixels[1] == 77).all()

    alone = read(tmp_path / "grey.png", description=GREY)
    assert (alone.pixels[:] == 77).all()
    colored = read(tmp_path / "grey.png")
    assert colored.pixels.shape == (1, 16, 16, 3)
    assert colored.notes == ("",)


def test_a_file_is_looked_at_once_as_it_may_be_gone_then(read, tmp_path, monkeypatch):
    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    decode = new_images.decode

    def decode_and_remove(*arguments):
        found = decode(*arguments)
        (tmp_path / "a.png").unlink()
        return found

    monkeypatch.setattr(new_images, "decode", decode_and_remove)
    assert read(tmp_path / "a.png").notes == (
        "40 × 20 pixels, its middle square resized to 16 × 16",
    )


def test_other_fits_are_said_too(read, tmp_path):
    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    words = {"pad": "with black margins to a square", "stretch": "stretched to a square"}
    for fit, said in words.items():
        (note,) = read(tmp_path / "a.png", description=COLORS._replace(fit=fit)).notes
        assert note == f"40 × 20 pixels, {said} resized to 16 × 16"


def test_nothing_to_answer_is_an_error(read, tmp_path):
    with pytest.raises(InputError, match="nope does not exist"):
        read(tmp_path / "nope")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty holds no file"):
        read(tmp_path / "empty")
    for name in ("a.png", "b.png"):
        (tmp_path / "empty" / name).write_text("hello")
    with pytest.raises(InputError, match=r"a\.png: not an image.*\(2 files, none of which"):
        read(tmp_path / "empty")


# What is written.


@pytest.fixture
def hostile():
    """Images and answers whose names try to be more than names."""
    files = ("<script>alert(1)</script>.png", 'a\nb\r,"c".png', "=\r\udcff.png")
    images = NewImages(
        np.arange(3 * 48, dtype=np.uint8).reshape(3, 4, 4, 3),
        files,
        ("", "turned grey", ""),
        (("<b>.png", "no & image"),),
    )
    logits = np.array([[0, 9], [1, 0], [0, 0]], np.float32)
    maps = np.array([[[0, 1], [2, 3]], [[0, 0], [0, 0]], [[1, 0], [0, 0]]], np.float32)
    return images, Answers(logits, maps, ("<i>cat</i>", "dog, big"))


def test_what_stages_hand_on_is_what_was_read(hostile, tmp_path):
    images, answers = hostile
    write_new_images(tmp_path / "i.h5", images)
    write_answers(tmp_path / "a.h5", answers)
    found = read_new_images(tmp_path / "i.h5")
    assert isinstance(found.pixels, Rows)
    np.testing.assert_array_equal(found.pixels[:], images.pixels)
    assert found[1:] == images[1:]
    again = read_answers(tmp_path / "a.h5")
    np.testing.assert_array_equal(again.logits, answers.logits)
    np.testing.assert_array_equal(again.maps, answers.maps)
    assert again.class_names == answers.class_names


def test_the_table_has_a_row_for_each_file(hostile, tmp_path):
    images, answers = hostile
    write_table(tmp_path / "t.csv", images, answers)
    with open(tmp_path / "t.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    # What is no UTF-8 is written as Python would; no path is a spreadsheet's formula.
    assert [row["path"] for row in rows] == [*images.files[:2], "./=\r\\udcff.png", "<b>.png"]
    assert [row["label"] for row in rows] == ["dog, big", "<i>cat</i>", "<i>cat</i>", ""]
    assert float(rows[0]["p_dog, big"]) == pytest.approx(1 / (1 + np.exp(-9)), abs=1e-6)
    assert rows[3]["note"] == "not read: no & image"


def test_answers_in_words(hostile):
    lines = in_words(*hostile)
    assert lines[1:2] == ["'a\\nb\\r,\"c\".png': <i>cat</i> 73.1% (dog, big 26.9%) [turned grey]"]
    assert lines[3] == "<b>.png: not read: no & image"
    assert [share_in_words(x) for x in (0, 1e-5, 0.5, 0.9999, 1)] == [
        *("0.0%", "<0.1%", "50.0%", ">99.9%", "100.0%"),
    ]


def test_the_page_shows_text_as_text_and_loads_nothing(hostile, tmp_path):
    images, answers = hostile
    from resnetcam.prediction.command import TEXTS

    write_page(tmp_path / "p.html", TEXTS, "my <model>", images, answers, ["so & so"], Look())
    page = (tmp_path / "p.html").read_text()
    assert "<script" not in page
    assert "&lt;i&gt;cat&lt;/i&gt;" in page
    assert "my &lt;model&gt;" in page
    assert "so &amp; so" in page
    assert page.count("data:image/png;base64,") == 6
    assert page.count("A flat map") == 1
    assert page.index("Not read") < page.index("<h2>Answers") < page.index("<section")
    assert page.count(' as the network sees it"') == page.count(".png: Grad-CAM of ") == 3
    assert "no &amp; image" in page


def test_a_page_shows_so_many_and_says_where_the_others_are(tmp_path):
    from resnetcam.prediction.command import TEXTS

    n = MOST_ON_A_PAGE + 5
    images = NewImages(np.zeros((n, 2, 2, 1), np.uint8), ("x",) * n, ("",) * n, ())
    answers = Answers(np.zeros((n, 2), np.float32), np.zeros((n, 2, 2), np.float32), ("a", "b"))
    write_page(tmp_path / "p.html", TEXTS, "m", images, answers, [], Look())
    page = (tmp_path / "p.html").read_text()
    assert page.count("<section") == MOST_ON_A_PAGE
    assert f"The first {MOST_ON_A_PAGE} of {n} images are shown" in page


def test_what_was_not_measured_is_said(tmp_path):
    sentences = what_is_measured(*files_beside(tmp_path / "model.keras"))
    assert "was not measured here: there is no metrics.json" in sentences[0]
    assert "there is no faithfulness.json" in sentences[-1]


_METRICS = {
    **{"accuracy": 0.5, "balanced_accuracy": 0.5, "loss": 1.0, "n": 100, "protocol": "holdout"},
    **{"selected_on": "validation", "selected_epoch": 1, "best": None},
    **SURENESS,
    "last": {"epoch": 1, "val_accuracy": 0.5, "val_loss": 1.0},
}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("metrics.json", "{"),
        ("metrics.json", json.dumps(_METRICS | {"n": 0})),
        ("metrics.json", json.dumps(_METRICS | {"accuracy": 7})),
        ("metrics.json", json.dumps(_METRICS | {"calibrated": None})),
        ("metrics.json", json.dumps(_METRICS | {"accuracy": float("nan")})),
        ("faithfulness.json", "[]"),
        ("faithfulness.json", '{"n": 1000, "steps": 3, "candidates": {}}'),
    ],
)
def test_wrong_measurements_are_named_and_nobody_is_told_that_they_come_back(
    tmp_path, name, content
):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=rf"{name} cannot be used: .* remove it to") as found:
        what_is_measured(*files_beside(tmp_path / "model.keras"))
    assert "rm " not in str(found.value)


def test_measurements_are_said(tmp_path):
    (tmp_path / "metrics.json").write_text(json.dumps(_METRICS))
    said, *_ = what_is_measured(*files_beside(tmp_path / "model.keras"))
    assert "right on 50.0% of 100 test images of its data set, 95% interval" in said
    (tmp_path / "metrics.json").write_text(json.dumps(_METRICS | {"protocol": "test_selected"}))
    said, *_ = what_is_measured(*files_beside(tmp_path / "model.keras"))
    assert "of its data set (test-selected: its epoch was chosen on them" in said


def test_probabilities_are_calibrated_where_a_temperature_was_fitted(tmp_path, hostile):
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(_METRICS))
    assert temperature_of(path) == 1.5
    said = what_is_measured(path, None)[1]
    assert "by a temperature of 1.5 that was fitted on held-out images: on test images" in said
    assert "off by 2.00% on average, without it by 4.00%. On images of other origin" in said
    _, answers = hostile
    expected = softmax(answers.logits / np.float32(1.5))
    np.testing.assert_allclose(answers._replace(temperature=1.5).probabilities, expected)
    path.write_text(json.dumps(_METRICS | {"temperature": None, "calibrated": None}))
    assert temperature_of(path) == 1
    assert "not calibrated" in what_is_measured(path, None)[1]
    path.write_text(json.dumps(_METRICS | {"temperature": 0.0}))
    with pytest.raises(InputError, match="its numbers are not as"):
        temperature_of(path)


def test_what_trains_a_model_that_is_not_there_can_be_copied_as_it_stands():
    with pytest.raises(InputError, match=r"`snakemake --cores 4 'a b/model\.keras'`"):
        model_asked_for("a b")
