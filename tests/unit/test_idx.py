"""IDX files as MNIST and Fashion-MNIST have them, sound and damaged."""

import gzip
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from resnetcam.common.errors import InputError
from resnetcam.sources.layouts import IDX_TEST, IDX_TRAIN
from resnetcam.sources.reading import read_images

TRAIN, TEST = 20, 6
TRAIN_IMAGES, TRAIN_LABELS = IDX_TRAIN
TEST_IMAGES, TEST_LABELS = IDX_TEST


def idx(array, magic=None):
    """An IDX file of bytes, written from its description."""
    magic = 0x0800 + array.ndim if magic is None else magic
    return struct.pack(f">{1 + array.ndim}I", magic, *array.shape) + array.tobytes()


@pytest.fixture
def arrays():
    random = np.random.default_rng(1)
    return {
        name: random.integers(0, 256, (images, 28, 28), np.uint8)
        if "images" in name
        else random.integers(0, 10, images, np.uint8)
        for names, images in ((IDX_TRAIN, TRAIN), (IDX_TEST, TEST))
        for name in names
    }


@pytest.fixture
def files(arrays):
    return {name: idx(array) for name, array in arrays.items()}


def write(folder, files, pack=gzip.compress, suffix=".gz"):
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}{suffix}").write_bytes(pack(content))
    return folder


def write_zip(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"mnist/{name}", content)
    return path


def read(path, layout="mnist"):
    return read_images(path, layout, TRAIN, TEST)


@pytest.mark.parametrize(
    "put",
    [
        lambda to, files: write(to / "given", files),
        lambda to, files: write(to / "given", files, bytes, ""),
        lambda to, files: write(to / "given", files, bytes),
        lambda to, files: write(to / "raw", files).parent,
        lambda to, files: write_zip(to / "a.zip", files),
    ],
    ids=["compressed", "plain", "plain, called .gz", "folder above", "zip"],
)
def test_four_files_are_read_however_they_are_packed(tmp_path, arrays, files, put):
    images = read(put(tmp_path, files))
    assert images.x_train.shape == (TRAIN, 28, 28, 1)
    assert images.x_train.dtype == images.y_train.dtype == np.uint8
    np.testing.assert_array_equal(images.x_train[..., 0], arrays[TRAIN_IMAGES])
    np.testing.assert_array_equal(images.y_train, arrays[TRAIN_LABELS])
    np.testing.assert_array_equal(images.x_test[..., 0], arrays[TEST_IMAGES])
    np.testing.assert_array_equal(images.y_test, arrays[TEST_LABELS])


def test_class_names_are_those_of_the_data_set(tmp_path, files):
    folder = write(tmp_path / "given", files)
    assert read(folder).class_names == tuple(map(str, range(10)))
    names = read(folder, "fashion_mnist").class_names
    assert (len(names), names[0], names[9]) == (10, "T-shirt/top", "Ankle boot")


def test_compressed_files_go_before_plain_ones_beside_them(tmp_path, files):
    folder = write(tmp_path / "given", dict.fromkeys(files, b"not looked at"), bytes, "")
    write(folder, files)
    assert len(read(folder).x_train) == TRAIN


def changed(name, change):
    return lambda files: files | {name: change(files[name])}


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (TRAIN_IMAGES, lambda c: b"\0\0\x08\x01" + c[4:], "images, which begins with 0x00000803"),
        (TEST_LABELS, lambda c: b"\0\0\x08\x03" + c[4:], "0x00000801, found 0x00000803"),
        (TEST_LABELS, lambda c: c[:4] + b"\0\0\0\5" + c[8:], "6 labels, found 5 labels"),
        (TRAIN_IMAGES, lambda c: c[:4] + b"\xff" * 4 + c[8:], "found 4294967295 images of 28 x 28"),
        (TRAIN_IMAGES, lambda c: c[:11] + b"\x20" + c[12:], "found 20 images of 32 x 28 pixels"),
        (TRAIN_IMAGES, lambda c: c[:-1], "15696 bytes.*, found 15695"),
        (TRAIN_LABELS, lambda c: c + b"\0", "28 bytes.*, found more than 28"),
        (TRAIN_LABELS, lambda c: c[:-3] + b"\x0a\0\0", "labels from 0 to 9, found 10, of image 17"),
        (TEST_IMAGES, lambda c: c[:5], "header of an IDX file, found 5 bytes"),
        (TEST_IMAGES, lambda c: b"", "header of an IDX file, found 0 bytes"),
        (TEST_IMAGES, lambda c: b"<html>" + c, "begins with 0x00000803, found 0x3c68746d"),
    ],
)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_damaged_file_is_named(tmp_path, files, name, change, message, suffix):
    pack = gzip.compress if suffix else bytes
    folder = write(tmp_path / "given", changed(name, change)(files), pack, suffix)
    with pytest.raises(InputError, match=f"given, member {name}{suffix}: expected .*{message}"):
        read(folder)


@pytest.mark.parametrize(
    "damage",
    [lambda c: c[:-20], lambda c: c[:-8] + b"\0" * 8, lambda c: c[:30] + b"?" * 9 + c[39:]],
    ids=["cut", "checksum", "content"],
)
def test_a_damaged_compression_is_named(tmp_path, files, damage):
    folder = write(tmp_path / "given", files)
    path = folder / f"{TRAIN_IMAGES}.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=rf"member {path.name}: expected a whole gzip file"):
        read(folder)


def test_no_more_is_decompressed_than_the_images_take(tmp_path, files):
    folder = write(tmp_path / "given", files)
    path = folder / f"{TRAIN_IMAGES}.gz"
    path.write_bytes(gzip.compress(files[TRAIN_IMAGES] + bytes(2**26)))
    tracemalloc.start()
    with pytest.raises(InputError, match="found more than 15696"):
        read(folder)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**23


def test_files_larger_than_the_images_take_are_not_read(tmp_path, files):
    folder = write(
        tmp_path / "given", changed(TRAIN_LABELS, lambda c: c + bytes(2**22))(files), bytes
    )
    with pytest.raises(InputError, match=f"member {TRAIN_LABELS}.gz: expected at most"):
        read(folder)


def test_a_missing_file_is_named(tmp_path, files):
    folder = write(tmp_path / "given", files)
    (folder / f"{TEST_LABELS}.gz").unlink()
    with pytest.raises(InputError, match=f"given lacks {TEST_LABELS}.gz: expected train-images"):
        read(folder)


def test_a_folder_of_other_files_is_refused(tmp_path):
    (tmp_path / "note.txt").write_text("hello")
    with pytest.raises(InputError, match="is not an archive of IDX files such as MNIST's, nor a"):
        read(tmp_path)
