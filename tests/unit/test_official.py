"""The official data set is told by its content: here a small one, whose digests stand for it."""

import hashlib
import os
import pickle
import stat
import sys
import tarfile
import zipfile

import numpy as np
import pytest

from resnetcam.common.errors import InputError
from resnetcam.data.dataset import DatasetReader
from resnetcam.data.official_or_not import dataset_compared_with_official
from resnetcam.data.preprocessing import write_dataset
from resnetcam.sources import archives, layouts, members, official
from resnetcam.sources.archives import ArchiveSource, obtain
from resnetcam.sources.cifar import read_archive, records, write_archive
from resnetcam.sources.labelled_images import LabelledImages
from resnetcam.sources.official import compare_with_official

BATCH = 4
BINARY, PYTHON = "cifar-10-batches-bin", "cifar-10-batches-py"
OFFICIAL = next(iter(official.ARCHIVES))  # what the shipped config asks for
BINARY_MEMBERS, _ = layouts.LAYOUTS["cifar10"].forms
BATCH_NAMES = tuple(official.BATCHES)


def random_images(seed):
    random = np.random.default_rng(seed)
    return LabelledImages(
        random.integers(0, 256, (5 * BATCH, 32, 32, 3), np.uint8),
        random.integers(0, 10, 5 * BATCH, np.uint8),
        random.integers(0, 256, (BATCH, 32, 32, 3), np.uint8),
        random.integers(0, 10, BATCH, np.uint8),
        official.CLASS_NAMES,
    )


def batches_of(images):
    """Images and labels of each batch, by its name."""
    x, y = np.split(images.x_train, 5), np.split(images.y_train, 5)
    parts = list(zip([*x, images.x_test], [*y, images.y_test], strict=True))
    return dict(zip(BATCH_NAMES, parts, strict=True))


@pytest.fixture
def images(monkeypatch):
    """Images that are the official ones in this test."""
    drawn = random_images(1)
    digests = {
        name: hashlib.md5(records(*batch).tobytes()).hexdigest()
        for name, batch in batches_of(drawn).items()
    }
    monkeypatch.setattr(official, "BATCHES", digests)
    monkeypatch.setattr(official, "BATCH_IMAGES", BATCH)
    monkeypatch.setattr(official, "TRAIN_IMAGES", 5 * BATCH)
    monkeypatch.setattr(official, "TEST_IMAGES", BATCH)
    return drawn


def binary_files(images):
    files = {f"{name}.bin": records(*batch).tobytes() for name, batch in batches_of(images).items()}
    return files | {"batches.meta.txt": ("\n".join(images.class_names) + "\n\n").encode()}


def python_files(images, protocol=2):
    contents = {
        name: {b"data": records(x, y)[:, 1:], b"labels": y.tolist()}
        for name, (x, y) in batches_of(images).items()
    }
    contents["batches.meta"] = {b"label_names": [name.encode() for name in images.class_names]}
    return {name: pickle.dumps(content, protocol) for name, content in contents.items()}


def write_folder(folder, files):
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def write_tar(path, folder, mode="w:gz"):
    with tarfile.open(path, mode) as tar:
        for file in sorted(folder.iterdir(), reverse=True):
            tar.add(file, f"repacked/{file.name}")
    return path


def write_zip(path, folder, **options):
    with zipfile.ZipFile(path, "w", **options) as archive:
        archive.write(folder, "repacked")
        for file in sorted(folder.iterdir()):
            archive.write(file, f"repacked/{file.name}")
    return path


@pytest.fixture
def folder(tmp_path, images):
    """A folder as the binary archive's is when extracted."""
    return write_folder(tmp_path / "given" / BINARY, binary_files(images))


def get(path, store, sha256=OFFICIAL):
    return obtain(ArchiveSource((), sha256, path=str(path)), store)


def test_the_table_is_of_the_published_files():
    assert list(official.ARCHIVES.values()) == ["cifar-10-binary.tar.gz", "cifar-10-python.tar.gz"]
    assert [len(bytes.fromhex(sha256)) for sha256 in official.ARCHIVES] == [32, 32]
    assert [len(bytes.fromhex(md5)) for md5 in official.BATCHES.values()] == [16] * 6
    for layout in layouts.LAYOUTS.values():
        digests = (*layout.archives, *layout.files.values())
        assert {len(bytes.fromhex(sha256)) for sha256 in digests} == {32}
        assert all(url.startswith("http") for url in layout.urls)
    assert tuple(official.BATCHES) == (*layouts.TRAIN_BATCHES, layouts.TEST_BATCH)
    assert 5 * official.BATCH_IMAGES == official.TRAIN_IMAGES


@pytest.mark.parametrize(
    "pack",
    [
        lambda images, to: write_tar(to / "a.tar.gz", write_folder(to / "x", binary_files(images))),
        lambda images, to: write_tar(to / "a.tar.gz", write_folder(to / "x", python_files(images))),
        lambda images, to: write_folder(to / BINARY, binary_files(images)),
        lambda images, to: write_folder(to / "any name", python_files(images, protocol=4)),
        lambda images, to: write_folder(to / "torch" / PYTHON, python_files(images)).parent,
    ],
    ids=["repacked", "python repacked", "folder", "python folder", "folder above"],
)
def test_the_official_images_are_accepted_however_they_are_packed(tmp_path, images, pack):
    path = pack(images, tmp_path)
    found = get(path, tmp_path / "store")
    assert found == tmp_path / "store" / members.sha256_of_source(path) / path.name
    assert members.sha256_if_whole(found) == found.parent.name
    read = read_archive(found, 5 * BATCH, BATCH)
    assert compare_with_official(read) == (True, ())


PACKINGS = {
    "tar": lambda path, folder: write_tar(path, folder, "w"),
    "tar.bz2": lambda path, folder: write_tar(path, folder, "w:bz2"),
    "tar.xz": lambda path, folder: write_tar(path, folder, "w:xz"),
    "zip": write_zip,
    "deflated.zip": lambda path, folder: write_zip(path, folder, compression=zipfile.ZIP_DEFLATED),
}


@pytest.mark.parametrize("kind", PACKINGS)
def test_other_kinds_of_archive_are_read_too(tmp_path, images, folder, kind):
    path = PACKINGS[kind](tmp_path / f"a.{kind}", folder)
    found = get(path, tmp_path / "store")
    assert compare_with_official(read_archive(found, 5 * BATCH, BATCH)) == (True, ())

    (folder / "data_batch_3.bin").unlink()
    with pytest.raises(InputError, match=r"repacked lacks data_batch_3.bin"):
        get(PACKINGS[kind](path, folder), tmp_path / "store")


@pytest.mark.parametrize("kind", PACKINGS)
@pytest.mark.parametrize("size", [100, 8000])
def test_a_truncated_archive_of_any_kind_is_named(tmp_path, folder, kind, size):
    path = PACKINGS[kind](tmp_path / f"a.{kind}", folder)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(
        InputError, match=r"truncated or damaged|valid (tar )?archive|lacks"
    ) as told:
        get(path, tmp_path / "store")
    assert f"\n  {path}" in str(told.value)
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("kind", PACKINGS)
def test_no_kind_of_archive_unpacks_more_than_the_images_take(tmp_path, folder, kind):
    with open(folder / "test_batch.bin", "ab") as file:
        file.truncate(3 * 2**20)
    path = PACKINGS[kind](tmp_path / f"a.{kind}", folder)
    with pytest.raises(InputError, match="decompresses to more than"):
        get(path, tmp_path / "store")


def test_a_link_in_a_zip_is_not_read(tmp_path, folder):
    (folder / "test_batch.bin").unlink()
    path = write_zip(tmp_path / "a.zip", folder)
    link_in_it = zipfile.ZipInfo("repacked/test_batch.bin")
    link_in_it.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link_in_it, "/etc/passwd")
    with pytest.raises(InputError, match=r"repacked/test_batch.bin: expected a regular file"):
        get(path, tmp_path / "store")


def test_a_zip_with_a_password_is_to_be_unpacked_first(tmp_path, folder):
    path = write_zip(tmp_path / "a.zip", folder)
    content = bytearray(path.read_bytes())
    entry = -1
    while (entry := content.find(b"PK\x01\x02", entry + 1)) >= 0:
        content[entry + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"password .*Unpack it by other means and give the fold"):
        get(path, tmp_path / "store")


def test_a_python_without_a_compression_says_so(tmp_path, folder, monkeypatch):
    path = PACKINGS["tar.xz"](tmp_path / "a.tar.xz", folder)
    monkeypatch.setitem(sys.modules, "lzma", None)
    with pytest.raises(InputError, match="this Python lacks lzma"):
        get(path, tmp_path / "store")


@pytest.mark.parametrize("name", [f"{name}.bin" for name in BATCH_NAMES])
@pytest.mark.parametrize("packed", [True, False])
def test_one_wrong_byte_is_named_and_nothing_is_stored(tmp_path, folder, name, packed):
    content = bytearray((folder / name).read_bytes())
    content[3073 + 100] ^= 1
    (folder / name).write_bytes(content)
    path = write_tar(tmp_path / "a.tar.gz", folder) if packed else folder
    with pytest.raises(InputError) as caught:
        get(path, tmp_path / "store")
    first, second, *_, last = str(caught.value).splitlines()
    stem = name.removesuffix(".bin")
    assert first.startswith(f"`path`: {path} is not the official CIFAR-10")
    assert second.split()[0] == stem
    assert official.BATCHES[stem] in second
    assert hashlib.md5(content).hexdigest() in second
    assert last.strip() == members.sha256_of_source(path)
    assert not (tmp_path / "store").exists()


def test_a_wrong_label_in_a_pickle_is_named(tmp_path, images):
    labels = images.y_train.copy()
    labels[2 * BATCH] = (labels[2 * BATCH] + 1) % 10
    path = write_folder(tmp_path / PYTHON, python_files(images._replace(y_train=labels)))
    with pytest.raises(InputError, match="\n  data_batch_3 is not the official one"):
        get(path, tmp_path / "store")


def test_members_that_are_exchanged_are_both_named(tmp_path, folder):
    one, two, other = (folder / name for name in ("data_batch_1.bin", "test_batch.bin", "x"))
    one.rename(other)
    two.rename(one)
    other.rename(two)
    with pytest.raises(InputError) as caught:
        get(folder, tmp_path / "store")
    assert str(caught.value).splitlines()[1:3] == [
        "  data_batch_1 holds what belongs into test_batch",
        "  test_batch holds what belongs into data_batch_1",
    ]


def test_other_class_names_are_named(tmp_path, folder):
    text = (folder / "batches.meta.txt").read_text()
    (folder / "batches.meta.txt").write_text(text.replace("cat\n", "dog\n", 1))
    with pytest.raises(InputError, match=r"batches.meta names the classes .* bird, dog, deer"):
        get(folder, tmp_path / "store")


@pytest.mark.parametrize("name", ["data_batch_2.bin", "batches.meta.txt"])
def test_a_missing_member_is_named(tmp_path, folder, name):
    (folder / name).unlink()
    for path in (folder, folder.parent, write_tar(tmp_path / "a.tar.gz", folder)):
        with pytest.raises(InputError, match=f"lacks {name}") as caught:
            get(path, tmp_path / "store")
        assert f"`path`: {path} is not the official CIFAR-10" in str(caught.value)
        assert "Get the official files again" in str(caught.value)


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (3073 * BATCH - 1, "data_batch_4.bin: expected a multiple of 3073 bytes"),
        (3073 * (BATCH - 1), "found 19: 4, 4, 4, 3, 4"),
        (10**12, "data_batch_4.bin: expected at most .* found 1000000000000 bytes in this one"),
    ],
)
def test_a_member_of_another_size_is_named(tmp_path, folder, size, told):
    os.truncate(folder / "data_batch_4.bin", size)
    with pytest.raises(InputError, match=told):
        get(folder, tmp_path / "store")


def test_of_other_images_no_single_batch_is_blamed(tmp_path, images):
    path = write_folder(tmp_path / BINARY, binary_files(random_images(2)))
    with pytest.raises(InputError, match="\n  no batch in it is the official one\n"):
        get(path, tmp_path / "store")


def test_a_folder_of_ones_own_is_accepted_by_the_digest_that_the_error_tells(tmp_path, images):
    path = write_folder(tmp_path / "mine", binary_files(random_images(2)))
    (path / ".DS_Store").write_bytes(b"x")
    (path / "._data_batch_1.bin").write_bytes(b"x")
    with pytest.raises(InputError, match="does not have the hash `sha256`") as caught:
        get(path, tmp_path / "store", sha256="0" * 64)
    lines = "".join(
        f"{hashlib.sha256((path / name).read_bytes()).hexdigest()}  {name}\n"
        for name in sorted(BINARY_MEMBERS)
    )
    digest = hashlib.sha256(lines.encode()).hexdigest()
    assert digest in str(caught.value)
    found = get(path, tmp_path / "store", sha256=digest)
    assert found == tmp_path / "store" / digest / "mine"
    assert {file.name for file in found.iterdir()} == set(BINARY_MEMBERS)


def test_an_official_archive_in_other_packing_does_for_no_other_hash(tmp_path, folder):
    path = write_tar(tmp_path / "a.tar.gz", folder)
    with pytest.raises(InputError, match="does not have the hash `sha256`"):
        get(path, tmp_path / "store", sha256="1" * 64)


def test_a_stored_folder_is_used_again_until_a_file_in_it_changes(tmp_path, folder, caplog):
    store = tmp_path / "store"
    found = get(folder, store)
    digest = found.parent.name
    for file in folder.iterdir():
        os.utime(file, (1, 1))
    stored = os.stat(found / "test_batch.bin").st_ino
    assert get(folder, store) == found
    assert os.stat(found / "test_batch.bin").st_ino == stored

    (found / "test_batch.bin").write_bytes(b"other")
    assert members.sha256_if_whole(found) != digest
    assert get(folder, store) == found
    assert members.sha256_if_whole(found) == digest
    (found / "data_batch_1.bin").unlink()
    assert members.sha256_if_whole(found) != digest
    assert get(folder, store) == found
    assert members.sha256_if_whole(found) == digest
    assert caplog.text.count("is damaged") == 2


def test_a_folder_that_changes_while_it_is_copied_is_refused(tmp_path, folder, monkeypatch):
    def copy(path, target, layout):
        (folder / "test_batch.bin").write_bytes(b"other")
        members.copy_source(path, target, layout)

    monkeypatch.setattr(archives, "copy_source", copy)
    with pytest.raises(InputError, match="was changed while it was copied"):
        get(folder, tmp_path / "store")


@pytest.mark.parametrize("given", [".", "..", f"../{BINARY}/"])
def test_a_relative_folder_is_stored_under_its_own_name(tmp_path, folder, monkeypatch, given):
    monkeypatch.chdir(folder)
    found = get(given, tmp_path / "store")
    assert found.name == ("given" if given == ".." else BINARY)
    assert found.parent.parent == tmp_path / "store"


def link(path, to):
    path.unlink()
    path.symlink_to(to)


def make_folder(path):
    path.unlink()
    path.mkdir()


def make_pipe(path):
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: link(path, "/etc/passwd"),
        lambda path: link(path, path.name),
        lambda path: link(path, "/dev/zero"),
        make_folder,
        make_pipe,
    ],
    ids=["link", "loop", "device", "folder", "pipe"],
)
@pytest.mark.parametrize("sha256", [OFFICIAL, "0" * 64])
def test_only_regular_files_of_a_folder_are_read(tmp_path, folder, spoil, sha256):
    spoil(folder / "data_batch_3.bin")
    with pytest.raises(InputError, match=r"member data_batch_3.bin: expected a regular file, foun"):
        get(folder, tmp_path / "store", sha256)


def test_a_linked_folder_is_taken_only_where_it_is_named_itself(tmp_path, folder):
    (tmp_path / "above").mkdir()
    (tmp_path / "above" / BINARY).symlink_to(folder)
    with pytest.raises(InputError, match=rf"{BINARY}: expected a folder, found a link: give what"):
        get(tmp_path / "above", tmp_path / "store")
    assert get(tmp_path / "above" / BINARY, tmp_path / "store").name == BINARY


def test_a_path_that_cannot_be_asked_for_is_told(tmp_path):
    with pytest.raises(InputError, match=r"`path`: cannot read .*x: File name too long. Give the"):
        get(tmp_path / ("x" * 300), tmp_path / "store")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(InputError, match=rf"`path`: {path} is neither a file nor a folder"):
            get(path, tmp_path / "store")


def test_a_link_that_leads_to_itself_is_told(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError, match=r"cannot read .*loop: Too many levels of symbolic links"):
        get(tmp_path / "loop", tmp_path / "store")


@pytest.mark.parametrize("sha256", [OFFICIAL, "0" * 64])
def test_a_file_that_may_not_be_read_is_named(tmp_path, folder, monkeypatch, sha256):
    opened = os.open

    def refuse(path, *arguments, **more):
        if str(path).endswith("data_batch_2.bin"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments, **more)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(
        InputError, match=r"member data_batch_2.bin cannot be read: Permission denied"
    ):
        get(folder, tmp_path / "store", sha256)


def test_a_folder_without_any_of_the_files_is_told(tmp_path, images):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty is not a CIFAR-10 archive .*, nor a folder of"):
        get(tmp_path / "empty", tmp_path / "store", "0" * 64)


def test_data_h5_is_judged_by_what_it_holds(tmp_path, images):
    path = tmp_path / "data.h5"
    write_dataset(path, images, {})
    assert dataset_compared_with_official(DatasetReader(path)) == (True, ())
    pixels = images.x_test.copy()
    pixels[1, 2, 3, 0] ^= 1
    write_dataset(path, images._replace(x_test=pixels), {})
    is_official, (deviation,) = dataset_compared_with_official(DatasetReader(path))
    assert not is_official
    assert deviation.startswith("test_batch is not the official one")


def test_of_another_number_of_images_no_pixel_is_read(tmp_path, images, monkeypatch):
    path = tmp_path / "data.h5"
    write_dataset(path, images, {})
    monkeypatch.setattr(official, "TEST_IMAGES", BATCH + 1)
    data = DatasetReader(path)
    monkeypatch.setattr(
        data, "array", {name: getattr(images, name) for name in ("y_train", "y_test")}.get
    )
    assert dataset_compared_with_official(data) == (False, ())


def test_what_the_workflow_writes_itself_counts_too(tmp_path, images):
    write_archive(tmp_path / "a.tar.gz", images)
    assert get(tmp_path / "a.tar.gz", tmp_path / "store").name == "a.tar.gz"
