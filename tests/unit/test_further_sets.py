"""Further test sets: arrays, folders and tables of the data set's classes; others are named."""

import numpy as np
import pytest
from PIL import Image

from resnetcam.common.errors import DamagedFileError, InputError
from resnetcam.shift.test_set_files import of_files
from resnetcam.shift.test_sets import FurtherSet, of_arrays, read_test_set, write_test_set
from resnetcam.sources.array_pairs import array_pair
from resnetcam.sources.listing import list_test_images

NAMES = ("cat", "dog", "ox")
SHAPE = (16, 16, 3)


def images(n=4, shape=SHAPE):
    return np.random.default_rng(0).integers(0, 256, (n, *shape), np.uint8)


def arrays(folder, pixels, labels, name="c10.1_v6"):
    np.save(folder / f"{name}_data.npy", pixels)
    np.save(folder / f"{name}_labels.npy", labels)
    return folder / f"{name}_data.npy", folder / f"{name}_labels.npy"


def draw(path, color, size=(16, 16)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).save(path)


def read(source, tmp_path, unreadable="refuse", shape=SHAPE, fit="crop"):
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    return of_files(source, shape, NAMES, fit, unreadable, scratch, 1)


def test_arrays_are_read_as_they_are_published(tmp_path):
    pixels, labels = images(), np.array([2, 0, 1, 0], np.int32)
    found = of_arrays(*arrays(tmp_path, pixels, labels), SHAPE, NAMES)
    assert (found.images == pixels).all()
    assert found.labels.tolist() == [2, 0, 1, 0]
    assert found.labels.dtype == np.uint16
    assert found.unreadable == 0


def test_grey_arrays_may_have_no_channel(tmp_path):
    pixels = images(2, (16, 16))
    found = of_arrays(*arrays(tmp_path, pixels, np.array([0, 1])), (16, 16, 1), NAMES)
    assert (found.images[..., 0] == pixels).all()


@pytest.mark.parametrize(
    ("pixels", "labels", "told"),
    [
        (images(4, (16, 15, 3)), np.zeros(4, int), "expected images as uint8 (N, 16, 16, 3)"),
        (images(4, (16, 16)), np.zeros(4, int), "found uint8 (4, 16, 16)"),
        (images() / 255, np.zeros(4, int), "found float64 (4, 16, 16, 3)"),
        (images(), np.zeros(3, int), "a whole number for each of 4 images"),
        (images(), np.zeros(4), "found float64 (4)"),
        (images(), np.zeros((4, 1), int), "found int64 (4, 1)"),
        (images(), np.array([0, 3, 0, 0]), "the label of image 1 is 3; the data set has 3 classes"),
        (images(), np.array([0, 0, -1, 0]), "the label of image 2 is -1"),
        (images(0), np.zeros(0, int), "one at least"),
    ],
)
def test_other_arrays_are_named_with_what_was_found(tmp_path, pixels, labels, told):
    paths = arrays(tmp_path, pixels, labels)
    with pytest.raises(InputError) as caught:
        of_arrays(*paths, SHAPE, NAMES)
    assert told in str(caught.value)
    assert str(tmp_path / "c10.1_v6_") in str(caught.value)


class Bomb:
    def __reduce__(self):
        return exec, ("raise SystemExit('it was executed')",)


def test_nothing_in_an_array_is_executed(tmp_path):
    paths = arrays(tmp_path, images(1), np.array([Bomb()], object))
    with pytest.raises(InputError, match="no array of numbers"):
        of_arrays(*paths, SHAPE, NAMES)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\x93NUMPY\x01\x00", b"PK\x03\x04", b"\x93NUMPY\x01\x00\x03\x00{(\n"],
)
def test_files_that_are_no_arrays_are_named(tmp_path, content):
    data, labels = arrays(tmp_path, images(), np.zeros(4, int))
    data.write_bytes(content)
    with pytest.raises(InputError, match=r"v6_data\.npy: no array of numbers"):
        of_arrays(data, labels, SHAPE, NAMES)


def test_an_array_that_claims_more_than_its_file_holds_takes_no_memory(tmp_path):
    data, labels = arrays(tmp_path, images(), np.zeros(4, int))
    content = data.read_bytes()
    data.write_bytes(
        content.replace(b"(4, 16, 16, 3), }        ", b"(4000000000, 16, 16, 3), }", 1)
    )
    assert b"4000000000" in data.read_bytes()
    with pytest.raises(InputError, match=r"v6_data\.npy: no array of numbers"):
        of_arrays(data, labels, SHAPE, NAMES)


def test_an_archive_of_arrays_is_no_array(tmp_path):
    data, labels = arrays(tmp_path, images(), np.zeros(4, int))
    with data.open("wb") as file:
        np.savez(file, images())
    with pytest.raises(InputError, match=r"v6_data\.npy: no array of numbers"):
        of_arrays(data, labels, SHAPE, NAMES)


def test_a_pair_of_arrays_is_found_by_either_file_or_by_its_folder(tmp_path):
    data, labels = arrays(tmp_path, images(), np.zeros(4, int))
    for path in (data, labels, tmp_path):
        assert array_pair(path) == (data, labels)
    assert array_pair(tmp_path / "labels.csv") is None
    (tmp_path / "empty").mkdir()
    assert array_pair(tmp_path / "empty") is None


def test_of_two_pairs_one_is_to_be_named(tmp_path):
    arrays(tmp_path, images(), np.zeros(4, int))
    arrays(tmp_path, images(), np.zeros(4, int), "c10.1_v4")
    with pytest.raises(
        InputError, match=r"holds c10\.1_v4_data\.npy and c10\.1_v6_data\.npy\. Name"
    ):
        array_pair(tmp_path)


def test_half_a_pair_is_told(tmp_path):
    data, labels = arrays(tmp_path, images(), np.zeros(4, int))
    labels.unlink()
    for path in (data, tmp_path):
        with pytest.raises(InputError, match=r"v6_labels\.npy is missing, beside c10"):
            array_pair(path)
    data.rename(tmp_path / "images.npy")
    with pytest.raises(
        InputError, match=r"images\.npy: expected a file of images, \.\.\.data\.npy"
    ):
        array_pair(tmp_path / "images.npy")


def test_a_folder_has_the_data_sets_classes_or_some_of_them(tmp_path):
    draw(tmp_path / "set/dog/1.png", (250, 0, 0))
    draw(tmp_path / "set/cat/2.png", (0, 250, 0), (40, 20))
    found = read(tmp_path / "set", tmp_path)
    assert found.labels.tolist() == [1, 0]
    assert found.images.shape == (2, 16, 16, 3)
    assert (found.images[0] == [250, 0, 0]).all()
    # As in training, of what is no square the middle is left.
    assert (found.images[1] == [0, 250, 0]).all()
    padded = read(tmp_path / "set", tmp_path, fit="pad")
    assert (padded.images[1][0, 0] == 0).all()


def test_a_table_is_read_with_its_test_images_alone(tmp_path):
    for number in range(3):
        draw(tmp_path / f"{number}.png", (number, 0, 0))
    table = tmp_path / "set.csv"
    table.write_text("path,label,split\n0.png,ox,train\n1.png,ox,test\n2.png,cat,test\n")
    found = read(table, tmp_path)
    assert found.labels.tolist() == [2, 0]
    assert found.images[:][:, 0, 0, 0].tolist() == [1, 2]


def test_a_class_of_another_data_set_is_named_with_the_nearest(tmp_path):
    draw(tmp_path / "set/dgo/1.png", (1, 2, 3))
    draw(tmp_path / "set/cat/1.png", (1, 2, 3))
    with pytest.raises(InputError) as caught:
        read(tmp_path / "set", tmp_path)
    assert "no class 'dgo' (did you mean 'dog'?). It has 'cat', 'dog', 'ox'. " in str(caught.value)


def test_files_that_cannot_be_read_are_refused_or_counted(tmp_path):
    draw(tmp_path / "set/cat/1.png", (1, 2, 3))
    (tmp_path / "set/cat/2.png").write_text("hello")
    with pytest.raises(InputError, match="1 of 2 images cannot be read"):
        read(tmp_path / "set", tmp_path)
    found = read(tmp_path / "set", tmp_path, "skip")
    assert (len(found.labels), found.unreadable) == (1, 1)
    (tmp_path / "set/cat/1.png").write_text("hello")
    with pytest.raises(InputError, match="2 of 2 images cannot be read"):
        read(tmp_path / "set", tmp_path, "skip")


def test_images_get_the_data_sets_channels(tmp_path):
    draw(tmp_path / "set/cat/1.png", (255, 0, 0))
    grey = read(tmp_path / "set", tmp_path, shape=(16, 16, 1))
    assert (grey.images[:] == round(0.299 * 255)).all()
    draw(tmp_path / "set/cat/1.png", (90, 90, 90))
    colored = read(tmp_path / "set", tmp_path)
    assert colored.images.shape == (1, 16, 16, 3)
    assert (colored.images[:] == 90).all()


def test_test_images_may_be_of_one_class_and_need_none_to_train_on(tmp_path):
    table = tmp_path / "set.csv"
    table.write_text("path,label,split\n0.png,ox,test\n")
    assert [one.label for one in list_test_images(table).images] == ["ox"]
    table.write_text("path,label,split\n0.png,ox,train\n")
    with pytest.raises(InputError, match="expected images to test on, found only images for train"):
        list_test_images(table)
    table.write_text("path,label,split\n0.png,ox,\n1.png,ox,test\n")
    with pytest.raises(InputError, match="1 image of no split stand beside those of test"):
        list_test_images(table)
    table.write_text("path,label\n")
    with pytest.raises(InputError, match="expected images to test on, found none"):
        list_test_images(table)
    table.write_text("path,label\n0.png,ox\n1.png,Ox\n")
    with pytest.raises(InputError, match="'Ox' and 'ox' look alike"):
        list_test_images(table)


def test_a_set_is_stored_and_read_back_by_rows(tmp_path):
    pixels, labels = images(3), np.array([2, 0, 1], np.uint16)
    for name in ("one.h5", "two.h5"):
        write_test_set(tmp_path / name, FurtherSet(pixels, labels, 5))
    found = read_test_set(tmp_path / "one.h5")
    assert (found.images[1:] == pixels[1:]).all()
    assert found.labels.tolist() == [2, 0, 1]
    assert found.unreadable == 5
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()
    write_test_set(tmp_path / "one.h5", FurtherSet(pixels, labels[:2]))
    with pytest.raises(DamagedFileError, match="do not go with 2 labels"):
        read_test_set(tmp_path / "one.h5")
