"""data.h5: exact arrays, reproducible bytes, stratified splits, damage noticed."""

import time
from fractions import Fraction

import h5py
import numpy as np
import pytest

from resnetcam.common.errors import InputError
from resnetcam.data import dataset
from resnetcam.data.dataset import DatasetReader
from resnetcam.data.preprocessing import make_splits, mean_image, write_dataset
from resnetcam.data.protocols import PROTOCOLS
from resnetcam.data.splitting import stratified_choice
from resnetcam.recipe.augmentation import build_prepare
from resnetcam.sources.labelled_images import LabelledImages

ARRAYS = [
    "x_train",
    "y_train",
    "x_test",
    "y_test",
    *(f"{p}/{name}" for p in PROTOCOLS for name in ("train", "validation", "mean")),
]


@pytest.fixture(scope="module")
def images():
    random = np.random.default_rng(0)
    return LabelledImages(
        random.integers(0, 256, (60, 4, 5, 3), np.uint8),
        np.arange(60, dtype=np.uint8) % 3,
        random.integers(0, 256, (9, 4, 5, 3), np.uint8),
        np.arange(9, dtype=np.uint8) % 3,
        ("cat", "dog", "fröhlich"),
    )


@pytest.fixture
def path(images, tmp_path):
    write_dataset(tmp_path / "data.h5", images, make_splits(images, 15, 7))
    return tmp_path / "data.h5"


def exact_mean(images):
    sums = images.astype(int).sum(0)
    quotients = [float(Fraction(int(total), 255 * len(images))) for total in sums.flat]
    return np.array(quotients).astype(np.float32).reshape(sums.shape)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_stored_images_and_mean_give_exactly_the_float_arrays(path, images, protocol):
    reader = DatasetReader(path)
    split, x_train = reader.split(protocol), reader.array("x_train")
    mean = exact_mean(images.x_train[split.train])
    assert split.mean.dtype == np.float32
    np.testing.assert_array_equal(split.mean, mean)
    expected = images.x_train[split.train].astype(np.float32) / np.float32(255) - mean
    assert expected.dtype == np.float32
    stored = x_train[split.train].astype(np.float32) / np.float32(255) - split.mean
    np.testing.assert_array_equal(stored, expected)
    fed_to_the_network = build_prepare("before", split.mean)(x_train[split.train], {})
    np.testing.assert_array_equal(fed_to_the_network, expected)


def test_what_is_written_is_read_back(path, images):
    reader = DatasetReader(path)
    assert reader.class_names == images.class_names
    for name in ("x_train", "y_train", "x_test", "y_test"):
        assert reader.array(name).dtype == np.uint8
        np.testing.assert_array_equal(reader.array(name), getattr(images, name))
    for split in (reader.split(protocol) for protocol in PROTOCOLS):
        assert split.train.dtype == split.validation.dtype == np.uint32


@pytest.mark.parametrize("most", [0, 2**31])
@pytest.mark.parametrize("rows", [slice(None), slice(5), np.array([7, 3, 4, 5, 3])])
def test_images_are_the_same_in_memory_and_in_their_file(path, images, monkeypatch, most, rows):
    monkeypatch.setattr(dataset, "MOST_BYTES_IN_MEMORY", most)
    found = DatasetReader(path).images("x_train", rows)
    assert isinstance(found, np.ndarray) == bool(most)
    expected = images.x_train[rows]
    assert (found.shape, found.dtype, len(found)) == (expected.shape, np.uint8, len(expected))
    for chosen in (slice(None), slice(1, 3), 2, np.array([[4, 0], [1, 2]]), np.zeros(0, int)):
        np.testing.assert_array_equal(found[chosen], expected[chosen])


def test_equal_images_give_equal_bytes_under_any_name(path, images, tmp_path):
    time.sleep(1.1)  # HDF5 counts whole seconds, where it keeps time stamps
    again = tmp_path / "elsewhere" / "other.h5"
    write_dataset(again, LabelledImages(*images), make_splits(images, 15, 7))
    assert again.read_bytes() == path.read_bytes()
    write_dataset(again, images, make_splits(images, 15, 8))
    assert again.read_bytes() != path.read_bytes()


def test_the_protocols_divide_the_training_images(images):
    splits = make_splits(images, 15, 7)
    holdout, selected = splits["holdout"], splits["test_selected"]
    together = np.concatenate([holdout.train, holdout.validation])
    assert sorted(together) == list(range(60))
    assert len(holdout.validation) == 15
    assert selected.train.tolist() == list(range(60))
    assert selected.validation.size == 0
    for ours, theirs in zip(splits["full"], selected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("side", "purpose"), [("train", "train on"), ("validation", "choose the epoch on")]
)
def test_a_class_that_loses_all_images_to_twins_is_named(images, side, purpose):
    indices = getattr(make_splits(images, 15, 7)["holdout"], side)
    label = int(images.y_train[indices[0]])
    gone = indices[images.y_train[indices] == label]
    left = make_splits(images, 15, 7, set(gone[1:].tolist()))["holdout"]
    assert getattr(left, side).size == indices.size - gone.size + 1
    with pytest.raises(
        InputError, match=f"'{images.class_names[label]}' has none left to {purpose}"
    ):
        make_splits(images, 15, 7, set(gone.tolist()))


def names_of(counts):
    return [str(index) for index in range(len(counts))]


@pytest.mark.parametrize(
    ("counts", "size", "quotas"),
    [
        ([5000] * 10, 5000, [500] * 10),
        ([20, 20, 20], 10, [4, 3, 3]),  # equal remainders: the first class
        ([70, 20, 10], 10, [7, 2, 1]),
        ([52, 29, 19], 10, [5, 3, 2]),  # 5.2, 2.9, 1.9
    ],
)
def test_every_class_gives_its_share(counts, size, quotas):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    chosen = stratified_choice(labels.astype(np.uint8), size, 1, names_of(counts), "k")
    assert np.bincount(labels[chosen]).tolist() == quotas
    assert (np.diff(chosen.astype(int)) > 0).all()


def test_a_split_is_decided_by_its_seed():
    labels = np.repeat(np.arange(3, dtype=np.uint8), 50)
    first, again, other = (stratified_choice(labels, 30, seed, "abc", "k") for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert set(first) != set(other)
    assert set(first // 25) == set(range(6))  # from all over each class, not from its beginning


@pytest.mark.parametrize("size", [0, 2, 58, 60, 61, 90, 1000])
def test_a_split_that_leaves_a_class_empty_is_refused(size):
    labels = np.repeat(np.arange(3, dtype=np.uint8), 20)
    with pytest.raises(
        InputError, match=f"^test_images: {size:,} of 60 images leave the class '[ac]'"
    ):
        stratified_choice(labels, size, 1, "abc", "test_images")


def test_sums_of_many_bright_images_do_not_overflow_or_round():
    images = np.full((70_000, 1, 1, 3), 255, np.uint8)
    images[0, 0, 0] = [0, 254, 255]
    found = mean_image(images, np.arange(70_000, dtype=np.uint32))
    expected = [69_999 / 70_000, (255 * 70_000 - 1) / (255 * 70_000), 1]
    np.testing.assert_array_equal(found[0, 0], np.array(expected, np.float32))


EMPTY = {"test_selected/validation", "full/validation"}


@pytest.mark.parametrize("name", [name for name in ARRAYS if name not in EMPTY])
def test_a_damaged_array_is_noticed_on_reading(path, name):
    with h5py.File(path, "r+") as file:
        values = file[name][()]
        values.view(np.uint8).flat[-1] ^= 1
        file[name][...] = values
    reader = DatasetReader(path)
    for read in (reader.array, reader.images, reader.rows):
        with pytest.raises(InputError, match=rf"data\.h5 cannot be used: {name}"):
            read(name)


@pytest.mark.parametrize("keep", [0, 100, 0.5, 0.99])
def test_a_truncated_file_is_refused(path, keep):
    content = path.read_bytes()
    path.write_bytes(content[: int(keep if keep > 1 else keep * len(content))])
    with pytest.raises(InputError, match="cannot be used"):
        DatasetReader(path).split("holdout")


@pytest.mark.parametrize("name", ["x_train", "holdout/mean"])
@pytest.mark.parametrize("read", [DatasetReader.array, DatasetReader.sha256])
def test_a_file_without_an_array_is_refused(path, name, read):
    with h5py.File(path, "r+") as file:
        del file[name]
    with pytest.raises(InputError, match=r"data\.h5 cannot be used"):
        read(DatasetReader(path), name)


def test_a_file_of_something_else_is_refused(path):
    with h5py.File(path, "w") as file:
        file["x"] = 1
    with pytest.raises(InputError, match="cannot be used"):
        DatasetReader(path)
