"""Files are decoded in their order by several processes, and divided as they were said to be."""

import itertools
import os
import signal
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from resnetcam.common import hdf5, steps
from resnetcam.common.errors import InputError
from resnetcam.data.dataset import DatasetReader
from resnetcam.data.dividing import divide
from resnetcam.data.preprocessing import make_splits, write_dataset
from resnetcam.sources import decoding
from resnetcam.sources.contents import digest_of_contents, digest_of_files
from resnetcam.sources.decoding import decode, refuse_lost_classes, refuse_unreadable
from resnetcam.sources.labelled_images import LabelledImages
from resnetcam.sources.listing import list_images
from resnetcam.sources.sizes import DARK

NAMES = ("cat", "dog", "ox")


def random_images(count, side=16):
    shape = (count, side, side, 3)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def export(folder, images, labels, split=""):
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        path = folder / split / NAMES[label] / f"{index:05}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.squeeze()).save(path)


def decoded(folder, tmp_path, side=16):
    (tmp_path / "scratch").mkdir(exist_ok=True)
    listing = list_images(folder)
    return listing, decode(listing.images, side, "crop", tmp_path / "scratch", 2)


def test_an_exported_dataset_gives_the_same_arrays_and_splits(tmp_path):
    x, labels = random_images(200), np.arange(200, dtype=np.uint8) % 3
    images = LabelledImages(x[:150], labels[:150], x[150:], labels[150:], NAMES)
    export(tmp_path / "mine", x[:150], labels[:150], "train")
    export(tmp_path / "mine", x[150:], labels[150:], "test")

    listing, found = decoded(tmp_path / "mine", tmp_path)
    divided = divide(found, listing.class_names, 0.2, 0).images
    write_dataset(tmp_path / "a.h5", images, make_splits(images, 30, 0))
    write_dataset(tmp_path / "b.h5", divided, make_splits(divided, 30, 0))

    ours, theirs = (DatasetReader(tmp_path / f"{name}.h5") for name in "ab")
    assert ours.class_names == theirs.class_names
    for name in ("x_train", "y_train", "x_test", "y_test", "holdout/train", "holdout/mean"):
        assert ours.sha256(name) == theirs.sha256(name), name
        np.testing.assert_array_equal(ours.array(name), theirs.array(name))


def test_names_of_files_are_kept_whatever_their_bytes(tmp_path):
    export(tmp_path / "mine", random_images(6), [0, 1, 2, 0, 1, 2])
    names = [b"\xe9t\xe9.png", '\u00e9 "so",\nit\'s.png'.encode(), b"\xff.png"]
    for name, label in zip(names, NAMES, strict=True):
        Image.fromarray(random_images(1)[0]).save(tmp_path / "mine" / label / os.fsdecode(name))
    listing, found = decoded(tmp_path / "mine", tmp_path)
    divided = divide(found, listing.class_names, 3, 0).images
    write_dataset(tmp_path / "a.h5", divided, make_splits(divided, 3, 0))
    with hdf5.reading(tmp_path / "a.h5") as file:
        kept = [*file["train_files"][()], *file["test_files"][()]]
    assert sorted(kept) == sorted(os.fsencode(one.path) for one in listing.images)


def test_grey_files_give_one_channel_and_a_single_coloured_one_gives_three(tmp_path):
    grey, labels = random_images(6)[..., :1], [0, 1, 2, 0, 1, 2]
    export(tmp_path / "mine", grey, labels)
    _, found = decoded(tmp_path / "mine", tmp_path)
    np.testing.assert_array_equal(found.pixels, grey)
    coloured = Image.fromarray(random_images(1)[0])
    coloured.save(tmp_path / "mine/cat/9.png")
    assert decoded(tmp_path / "mine", tmp_path)[1].pixels.shape == (7, 16, 16, 3)


def test_twelve_bits_among_sixteen_come_out_dark_and_that_is_noticed(tmp_path):
    folder = tmp_path / "images"
    for name, brightest in (("cat", 4095), ("dog", 1000)):
        (folder / name).mkdir(parents=True)
        Image.fromarray(np.full((16, 16), brightest, np.uint16)).save(folder / name / "a.tif")
    assert decoded(folder, tmp_path)[1].brightest == 15 < DARK
    Image.fromarray(np.full((16, 16), 65535, np.uint16)).save(folder / "cat/b.tif")
    assert decoded(folder, tmp_path)[1].brightest == 255


def test_what_cannot_be_read_is_left_out_and_named(tmp_path):
    export(tmp_path / "mine", random_images(100), np.arange(100) % 3)
    (tmp_path / "mine/cat/00003.png").write_bytes(b"")
    (tmp_path / "mine/dog/zzz.png").write_text("hello")

    listing, found = decoded(tmp_path / "mine", tmp_path)

    assert len(found.images) == len(found.pixels) == len(found.hashes) == 99
    assert [one.path.name for one in found.unreadable] == ["00003.png", "zzz.png"]
    with pytest.raises(InputError, match=r"2 of 101 images .*`unreadable: skip`") as said:
        refuse_unreadable(tmp_path, found.unreadable, len(listing.images))
    assert len(str(said.value).splitlines()) == 3


def test_a_class_or_a_part_of_it_without_a_readable_image_is_refused(tmp_path):
    for split in ("train", "test"):
        export(tmp_path / "mine", random_images(6), [0, 1, 2, 0, 1, 2], split)
    listing, found = decoded(tmp_path / "mine", tmp_path)
    refuse_lost_classes(tmp_path, listing.images, found.images)
    for path in (tmp_path / "mine/test/dog").iterdir():
        path.write_bytes(b"")
    listing, found = decoded(tmp_path / "mine", tmp_path)
    with pytest.raises(InputError, match=r": of the class 'dog' no image in test can be read"):
        refuse_lost_classes(tmp_path, listing.images, found.images)


def test_long_work_says_every_ten_seconds_how_far_it_is(tmp_path, monkeypatch, caplog):
    """On a clock that runs a second whenever it is looked at."""
    clock = SimpleNamespace(monotonic=itertools.count().__next__)
    monkeypatch.setattr(steps, "time", clock)
    export(tmp_path / "mine", random_images(96), np.arange(96) % 3)
    monkeypatch.setattr(decoding, "_IMAGES", 4)
    caplog.set_level("INFO")
    listing, _ = decoded(tmp_path / "mine", tmp_path)
    digest_of_files(listing.images, tmp_path, 2)
    said = [record.getMessage() for record in caplog.records]
    assert said[:2] == [
        "images decoded: 36 of 96, about 17 s left",
        "images decoded: 76 of 96, about 5.26 s left",
    ]
    assert said[2].startswith("files digested: 9 of 96, about ")
    assert len(said) == 2 + 9


def test_of_many_unreadable_files_twenty_are_named(tmp_path):
    export(tmp_path / "mine", random_images(3), [0, 1, 2])
    for number in range(30):
        (tmp_path / f"mine/cat/{number}.png").write_bytes(b"")
    _, found = decoded(tmp_path / "mine", tmp_path)
    with pytest.raises(InputError, match=r"and 10 more$"):
        refuse_unreadable(tmp_path, found.unreadable, 33)


def test_the_digest_is_that_of_names_and_contents_wherever_the_folder_lies(tmp_path):
    export(tmp_path / "a/mine", random_images(6), [0, 1, 2, 0, 1, 2])
    export(tmp_path / "b", random_images(6), [0, 1, 2, 0, 1, 2])
    listing, found = decoded(tmp_path / "a/mine", tmp_path)
    first = digest_of_files(listing.images, tmp_path / "a/mine", 2)
    assert first == digest_of_contents(listing.images, found.contents, tmp_path / "a/mine")
    assert first == digest_of_files(list_images(tmp_path / "b").images, tmp_path / "b", 1)
    (tmp_path / "b/cat/00000.png").write_bytes(b"")
    assert first != digest_of_files(list_images(tmp_path / "b").images, tmp_path / "b", 1)


def table(tmp_path, rows):
    x = random_images(len(rows))
    lines = ["path,label,split,group"]
    for index, row in enumerate(rows):
        Image.fromarray(x[index]).save(tmp_path / f"{index}.png")
        lines.append(f"{index}.png,{','.join(row)}")
    (tmp_path / "images.csv").write_text("\n".join(lines))
    return tmp_path / "images.csv"


def test_groups_stay_on_one_side(tmp_path):
    rows = [(NAMES[i % 2], "", f"patient{i // 4}") for i in range(80)]
    listing, found = decoded(table(tmp_path, rows), tmp_path)

    images = divide(found, listing.class_names, 0.25, 0).images
    splits = make_splits(images, 0.2, 0)

    def groups(files):
        return {rows[int(name.rpartition("/")[2].removesuffix(".png"))][2] for name in files}

    held_out, rest = splits["holdout"].validation, splits["holdout"].train
    sides = [images.test_files]
    sides += [[images.train_files[index] for index in part] for part in (held_out, rest)]
    assert [len(side) for side in sides] == [20, 12, 48]
    parts = [groups(side) for side in sides]
    assert not parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2]
    assert np.bincount(images.y_test).tolist() == [10, 10]


def test_who_is_to_validate_may_be_said(tmp_path):
    splits = [*("train",) * 20, *("validation",) * 10, *("test",) * 10]
    rows = [(NAMES[index % 2], split, "") for index, split in enumerate(splits)]
    listing, found = decoded(table(tmp_path, rows), tmp_path)

    images = divide(found, listing.class_names, 0.2, 0).images
    splits = make_splits(images, 0.1, 0)

    assert len(images.y_train) == 30
    assert splits["holdout"].validation.tolist() == list(range(20, 30))
    assert splits["full"].train.tolist() == list(range(30))


def test_a_class_too_rare_to_be_divided_is_named(tmp_path):
    rows = [(NAMES[i > 0], "", "") for i in range(20)]
    listing, found = decoded(table(tmp_path, rows), tmp_path)
    with pytest.raises(InputError, match=r"^test_images: 4 of 20 images leave the class 'cat'"):
        divide(found, listing.class_names, 0.2, 0)


def test_training_images_that_are_left_out_are_in_no_protocol():
    x, labels = random_images(30), np.arange(30, dtype=np.uint8) % 3
    images = LabelledImages(x, labels, x[:3], labels[:3], NAMES)
    splits = make_splits(images, 9, 0, left_out=[0, 29])
    for split in splits.values():
        assert not {0, 29} & {*split.train.tolist(), *split.validation.tolist()}
    assert len(splits["full"].train) == 28


def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_is_killed_is_one_message(tmp_path, monkeypatch):
    export(tmp_path / "mine", random_images(4), [0, 0, 1, 1])
    monkeypatch.setattr(decoding, "_decode_part", killed)
    with pytest.raises(InputError, match="was killed, as happens where memory runs out"):
        decoded(tmp_path / "mine", tmp_path)


def test_one_process_is_this_one(tmp_path, monkeypatch):
    export(tmp_path / "mine", random_images(4), [0, 0, 1, 1])
    monkeypatch.setattr(decoding, "ProcessPoolExecutor", None)
    images = list_images(tmp_path / "mine").images
    found = decode(images, 8, "crop", tmp_path, 1)
    assert found.pixels.shape == (4, 8, 8, 3)
    assert found.sizes == ((16, 16),) * 4
