"""CIFAR-100 in the official layouts, with its fine labels and its coarse ones."""

import pickle

import numpy as np
import pytest
from test_cifar import python2_pickle, write_tar

from resnetcam.common.errors import InputError
from resnetcam.sources.reading import read_images

TRAIN, TEST = 20, 6
FINE, COARSE = ("apple", "bear", "chair", "dolphin", "elephant"), ("food", "animals")
OF_FINE = np.array([0, 1, 0, 1, 1], np.uint8)
BINARY, PYTHON = "cifar-100-binary", "cifar-100-python"
LAYOUTS = {"cifar100": FINE, "cifar100_coarse": COARSE}


@pytest.fixture(scope="module")
def splits():
    """Pixels in planes and fine labels, by the name of a batch."""
    random = np.random.default_rng(1)
    return {
        name: (
            random.integers(0, 256, (images, 3072), np.uint8),
            random.permutation(np.arange(images, dtype=np.uint8) % 5),
        )
        for name, images in (("train", TRAIN), ("test", TEST))
    }


@pytest.fixture
def binary(splits):
    """The members as described: a byte of the coarse label, one of the fine, the three planes."""
    members = {
        f"{name}.bin": b"".join(
            bytes([OF_FINE[label], label, *plane])
            for plane, label in zip(planes, fine, strict=True)
        )
        for name, (planes, fine) in splits.items()
    }
    names = {"fine_label_names.txt": FINE, "coarse_label_names.txt": COARSE}
    return members | {
        name: "".join(f"{one}\n" for one in of).encode() for name, of in names.items()
    }


@pytest.fixture
def python(splits):
    contents = {
        name: {
            b"data": planes,
            b"fine_labels": fine.tolist(),
            b"coarse_labels": OF_FINE[fine].tolist(),
            b"filenames": [b"a.png"] * len(fine),
        }
        for name, (planes, fine) in splits.items()
    }
    contents["meta"] = {
        b"fine_label_names": [name.encode() for name in FINE],
        b"coarse_label_names": [name.encode() for name in COARSE],
    }
    return {name: pickle.dumps(content, 2) for name, content in contents.items()}


def read(path, layout="cifar100"):
    return read_images(path, layout, TRAIN, TEST)


def write_folder(folder, members):
    folder.mkdir()
    for name, content in members.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("form", ["binary", "python"])
@pytest.mark.parametrize("is_folder", [True, False])
def test_both_forms_give_the_same_images(tmp_path, splits, request, layout, form, is_folder):
    members = request.getfixturevalue(form)
    name = BINARY if form == "binary" else PYTHON
    if is_folder:
        write_folder(tmp_path / name, members)
        images = read(tmp_path, layout)
    else:
        images = read(write_tar(tmp_path / "a.tar.gz", members, name), layout)
    for x, y, (planes, fine) in (
        (images.x_train, images.y_train, splits["train"]),
        (images.x_test, images.y_test, splits["test"]),
    ):
        np.testing.assert_array_equal(x.transpose(0, 3, 1, 2).reshape(len(y), -1), planes)
        np.testing.assert_array_equal(y, fine if layout == "cifar100" else OF_FINE[fine])
        assert (x.dtype, y.dtype) == (np.uint8, np.uint8)
    assert images.class_names == LAYOUTS[layout]


def test_a_folder_with_both_data_sets_of_cifar_gives_the_one_asked_for(tmp_path, binary):
    write_folder(tmp_path / BINARY, binary)
    write_folder(tmp_path / "cifar-10-batches-bin", {"batches.meta.txt": b"cat\n"})
    assert read(tmp_path).class_names == FINE


@pytest.mark.parametrize(
    ("name", "change", "layout", "message"),
    [
        ("train.bin", lambda c: c[:-1], "cifar100", "multiple of 3074 bytes, found 61479 bytes"),
        ("train.bin", lambda c: c[:-3074], "cifar100", "20 images, found 19"),
        ("test.bin", lambda c: b"", "cifar100_coarse", "6 images, found 0"),
        ("train.bin", lambda c: b"\0\5" + c[2:], "cifar100", "labels from 0 to 4, found 5"),
        ("test.bin", lambda c: b"\2\0" + c[2:], "cifar100_coarse", "labels from 0 to 1, found 2"),
        ("fine_label_names.txt", lambda c: b"\n", "cifar100", "1 to 256 class names, found 0"),
        ("coarse_label_names.txt", lambda c: b"\xff", "cifar100_coarse", "class names in UTF-8"),
    ],
)
def test_a_damaged_member_is_named(tmp_path, binary, name, change, layout, message):
    members = binary | {name: change(binary[name])}
    path = write_tar(tmp_path / "a.tar.gz", members, BINARY)
    with pytest.raises(InputError, match=rf"member {BINARY}/{name}: expected .*{message}"):
        read(path, layout)


def test_labels_of_the_other_kind_do_not_matter(tmp_path, binary):
    members = binary | {"train.bin": b"\x63" + binary["train.bin"][1:]}
    assert len(read(write_tar(tmp_path / "a.tar.gz", members, BINARY)).x_train) == TRAIN


def test_a_pickle_without_the_labels_asked_for_is_named(tmp_path, python, splits):
    members = python | {"train": python2_pickle(*splits["train"])}
    path = write_tar(tmp_path / "a.tar.gz", members, PYTHON)
    with pytest.raises(InputError, match=r"train: expected `fine_labels`, .*, found nothing"):
        read(path)


def test_nothing_that_a_pickle_asks_for_is_executed(tmp_path, python):
    class Hostile:
        def __reduce__(self):
            return (exec, ("raise SystemExit",))

    members = python | {"meta": pickle.dumps(Hostile(), 2)}
    path = write_tar(tmp_path / "a.tar.gz", members, PYTHON)
    with pytest.raises(InputError, match=r"meta: expected .*exec, which is not allowed"):
        read(path)


def test_the_archive_of_cifar10_is_not_taken_for_it(tmp_path):
    path = write_tar(tmp_path / "a.tar.gz", {"batches.meta.txt": b"cat\n"}, "cifar-10-batches-bin")
    with pytest.raises(InputError, match="is not a CIFAR-100 archive in the binary or python"):
        read(path)
