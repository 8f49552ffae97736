"""The official layouts of CIFAR-10, sound and hostile."""

import gzip
import io
import os
import pickle
import struct
import tarfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from resnetcam.common.errors import InputError
from resnetcam.sources import cifar
from resnetcam.sources.cifar import read_archive, write_archive
from resnetcam.sources.labelled_images import LabelledImages

TRAIN, TEST = 20, 6
CLASSES = ("cat", "dog", "frog")
BINARY, PYTHON = "cifar-10-batches-bin", "cifar-10-batches-py"


@pytest.fixture(scope="module")
def images():
    random = np.random.default_rng(1)
    return LabelledImages(
        random.integers(0, 256, (TRAIN, 32, 32, 3), np.uint8),
        random.integers(0, 3, TRAIN, np.uint8),
        random.integers(0, 256, (TEST, 32, 32, 3), np.uint8),
        random.integers(0, 3, TEST, np.uint8),
        CLASSES,
    )


def assert_equal(found, expected):
    for array, oracle in zip(found[:4], expected[:4], strict=True):
        assert array.dtype == np.uint8
        np.testing.assert_array_equal(array, oracle)
    assert found.class_names == expected.class_names


def write_tar(path, members, folder):
    """Write a .tar.gz of contents, or of ready TarInfos, by name."""
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for name, content in members.items():
            member = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo()
            member.name = f"{folder}/{name}"
            if isinstance(content, bytes):
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            else:
                tar.addfile(member)
    return path


@pytest.fixture
def binary_members(images):
    """The members of the binary layout, built pixel by pixel from its description."""

    def records(x, y):
        return b"".join(
            bytes([label, *(int(v) for channel in range(3) for v in image[:, :, channel].flat)])
            for image, label in zip(x, y, strict=True)
        )

    size = TRAIN // 5
    members = {
        f"data_batch_{k + 1}.bin": records(
            images.x_train[k * size : (k + 1) * size], images.y_train[k * size : (k + 1) * size]
        )
        for k in range(5)
    }
    members["test_batch.bin"] = records(images.x_test, images.y_test)
    members["batches.meta.txt"] = b"cat\ndog\nfrog\n\n"
    return members


@pytest.fixture
def python_contents(images):
    def batch(x, y):
        planes = x.transpose(0, 3, 1, 2).reshape(-1, 3072).copy()
        return {b"data": planes, b"labels": [int(label) for label in y], b"batch_label": b"a"}

    size = TRAIN // 5
    contents = {
        f"data_batch_{k + 1}": batch(
            images.x_train[k * size : (k + 1) * size], images.y_train[k * size : (k + 1) * size]
        )
        for k in range(5)
    }
    contents["test_batch"] = batch(images.x_test, images.y_test)
    contents["batches.meta"] = {b"label_names": [name.encode() for name in CLASSES]}
    return contents


def pickled(contents, protocol=2):
    return {name: pickle.dumps(content, protocol) for name, content in contents.items()}


def python2_pickle(planes, labels):
    """Pickle a batch, opcode by opcode, as Python 2 and the numpy of 2009 did."""

    def string(text):
        return b"U" + bytes([len(text)]) + text

    return b"".join(
        [
            b"\x80\x02}q\x01(",
            *(string(b"batch_label"), string(b"training batch 1 of 5")),
            *(string(b"labels"), b"](", *(b"K" + bytes([label]) for label in labels), b"e"),
            *(string(b"data"), b"cnumpy.core.multiarray\n_reconstruct\n", b"cnumpy\nndarray\n"),
            *(b"K\x00\x85", string(b"b"), b"\x87R(K\x01"),
            *(b"M" + struct.pack("<H", size) for size in planes.shape),
            *(b"\x86cnumpy\ndtype\n", string(b"u1"), b"K\x00K\x01\x87R(K\x03", string(b"|")),
            b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89",
            *(b"T" + struct.pack("<i", planes.size), planes.tobytes(), b"tb"),
            *(string(b"filenames"), b"](", *(string(b"a.png") for _ in labels), b"eu."),
        ]
    )


def read(path):
    return read_archive(path, TRAIN, TEST)


def test_the_binary_layout_is_read_as_described(tmp_path, images, binary_members):
    assert_equal(read(write_tar(tmp_path / "a.tar.gz", binary_members, BINARY)), images)


@pytest.mark.parametrize("folder", [".", "./any name", "/absolute", "../../above"])
def test_the_folder_of_the_members_does_not_matter(tmp_path, images, binary_members, folder):
    before = set(tmp_path.parent.rglob("*"))
    assert_equal(read(write_tar(tmp_path / "a.tar.gz", binary_members, folder)), images)
    assert set(tmp_path.parent.rglob("*")) - before == {tmp_path / "a.tar.gz"}


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
def test_the_python_layout_is_read_in_every_older_protocol(
    tmp_path, images, python_contents, protocol
):
    path = write_tar(tmp_path / "a.tar.gz", pickled(python_contents, protocol), PYTHON)
    assert_equal(read(path), images)


def test_batches_pickled_by_python_2_are_read(tmp_path, images, python_contents):
    members = {
        name: python2_pickle(content[b"data"], content[b"labels"])
        if b"data" in content
        else b"\x80\x02}U\x0blabel_names](U\x03catU\x03dogU\x04froges."
        for name, content in python_contents.items()
    }
    assert_equal(read(write_tar(tmp_path / "a.tar.gz", members, PYTHON)), images)


def test_an_array_in_fortran_order_is_read(tmp_path, images, python_contents):
    for content in python_contents.values():
        if b"data" in content:
            content[b"data"] = np.asfortranarray(content[b"data"])
    path = write_tar(tmp_path / "a.tar.gz", pickled(python_contents), PYTHON)
    assert_equal(read(path), images)


def test_what_was_written_is_read_back(tmp_path, images):
    write_archive(tmp_path / "a.tar.gz", images)
    assert_equal(read(tmp_path / "a.tar.gz"), images)


def test_a_written_archive_is_in_the_binary_layout(tmp_path, images, binary_members):
    write_archive(tmp_path / "a.tar.gz", images)
    with tarfile.open(tmp_path / "a.tar.gz") as tar:
        found = {member.name: tar.extractfile(member).read() for member in tar}
    binary_members["batches.meta.txt"] = b"cat\ndog\nfrog\n"
    assert found == {f"{BINARY}/{name}": content for name, content in binary_members.items()}


def test_writing_twice_gives_the_same_bytes(tmp_path, images, monkeypatch):
    write_archive(tmp_path / "a.tar.gz", images)
    monkeypatch.setattr("time.time", lambda: 2e9)
    write_archive(tmp_path / "b.tar.gz", images)
    assert (tmp_path / "a.tar.gz").read_bytes() == (tmp_path / "b.tar.gz").read_bytes()


def test_a_failed_write_leaves_the_old_archive(tmp_path, images, monkeypatch):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(b"old")

    def fail(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr(tarfile.TarFile, "addfile", fail)
    with pytest.raises(OSError, match="disk full"):
        write_archive(path, images)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [(path.name, b"old")]


def test_writing_needs_a_multiple_of_five_training_images(tmp_path, images):
    odd = images._replace(x_train=images.x_train[:-1], y_train=images.y_train[:-1])
    with pytest.raises(InputError, match=r"multiple of 5.*not 19"):
        write_archive(tmp_path / "a.tar.gz", odd)


@pytest.mark.parametrize(
    "change",
    [
        lambda images: {"x_train": images.x_train.astype(np.float32)},
        lambda images: {"y_test": images.y_test.astype(np.int64)},
        lambda images: {"y_train": images.y_train[:-1]},
        lambda images: {"x_test": images.x_test.transpose(0, 3, 1, 2)},
    ],
)
def test_writing_refuses_other_dtypes_and_shapes(tmp_path, images, change):
    with pytest.raises(ValueError, match="expected uint8"):
        write_archive(tmp_path / "a.tar.gz", images._replace(**change(images)))


def link(kind):
    member = tarfile.TarInfo()
    member.type = kind
    member.linkname = "/etc/passwd"
    return member


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE]
)
def test_only_regular_files_are_read(tmp_path, binary_members, kind):
    binary_members["data_batch_3.bin"] = link(kind)
    path = write_tar(tmp_path / "a.tar.gz", binary_members, BINARY)
    with pytest.raises(InputError, match=r"a.tar.gz, member .*/data_batch_3.bin: .*regular file"):
        read(path)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("data_batch_2.bin", lambda c: c[:-1], "multiple of 3073 bytes, found 12291 bytes"),
        ("data_batch_2.bin", lambda c: c[3073:], "expected 20 images, found 19: 4, 3, 4, 4, 4"),
        ("test_batch.bin", lambda c: c + c[:3073], "expected 6 images, found 7"),
        ("data_batch_4.bin", lambda c: b"\x03" + c[1:], "labels from 0 to 2, found 3"),
        ("test_batch.bin", lambda c: b"\xff" + c[1:], "labels from 0 to 2, found 255"),
        ("batches.meta.txt", lambda c: b"\n", "1 to 256 class names, found 0"),
        ("batches.meta.txt", lambda c: b"\xff\xfe", "UTF-8"),
    ],
)
def test_a_violation_of_the_binary_layout_is_named(tmp_path, binary_members, name, change, message):
    binary_members[name] = change(binary_members[name])
    path = write_tar(tmp_path / "a.tar.gz", binary_members, BINARY)
    with pytest.raises(InputError, match=message) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert name in str(caught.value) or name == "data_batch_2.bin"


def test_a_missing_member_is_named(tmp_path, binary_members):
    del binary_members["data_batch_5.bin"]
    path = write_tar(tmp_path / "a.tar.gz", binary_members, BINARY)
    with pytest.raises(InputError, match=f"{BINARY} lacks data_batch_5.bin"):
        read(path)


def test_members_spread_over_two_folders_are_not_a_layout(tmp_path, binary_members):
    binary_members["deeper/test_batch.bin"] = binary_members.pop("test_batch.bin")
    with pytest.raises(InputError, match=r"lacks test_batch.bin"):
        read(write_tar(tmp_path / "a.tar.gz", binary_members, BINARY))


def test_a_decompression_bomb_is_refused(tmp_path, binary_members):
    binary_members["readme.html"] = bytes(2 * 3073 * (TRAIN + TEST) + 2**20)
    path = write_tar(tmp_path / "a.tar.gz", binary_members, BINARY)
    with pytest.raises(InputError, match="decompresses to more than"):
        read(path)


def test_a_header_that_claims_more_than_there_is_is_refused(tmp_path, binary_members):
    path = write_tar(tmp_path / "a.tar.gz", binary_members, BINARY)
    tar = bytearray(gzip.decompress(path.read_bytes()))
    huge = tarfile.TarInfo(f"{BINARY}/data_batch_1.bin")
    huge.size = 8 * 1024**3 - 1
    tar[:512] = huge.tobuf(tarfile.USTAR_FORMAT)
    path.write_bytes(gzip.compress(bytes(tar), 1))
    with pytest.raises(InputError, match=r"valid tar archive|not a CIFAR-10 archive"):
        read(path)


def test_a_sparse_member_is_refused(tmp_path, binary_members):
    member = tarfile.TarInfo()
    member.pax_headers = {"GNU.sparse.map": "0,0", "GNU.sparse.size": str(2**50)}
    binary_members["data_batch_1.bin"] = member
    path = write_tar(tmp_path / "a.tar.gz", binary_members, BINARY)
    with pytest.raises(InputError, match=r"data_batch_1.bin: expected a regular file"):
        read(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c[: len(c) // 2], "truncated or damaged"),
        (lambda c: c[:-4], "truncated or damaged"),
        (lambda c: c[:5000] + bytes(200) + c[5200:], "truncated or damaged"),
        (lambda c: b"<!DOCTYPE html><html></html>", "may be a web page"),
        (lambda c: gzip.compress(b"<html></html>" * 100), "valid tar archive"),
        (lambda c: gzip.compress(gzip.decompress(c)[:9999]), "valid tar archive"),
        (lambda c: gzip.compress(b""), "valid tar archive|not a CIFAR-10 archive"),
        (lambda c: b"", "not a valid archive .*it is empty"),
    ],
)
def test_a_file_that_is_no_sound_archive_is_refused(tmp_path, binary_members, change, message):
    path = write_tar(tmp_path / "a.tar.gz", binary_members, BINARY)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(InputError, match=message) as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_a_missing_archive_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent.tar.gz cannot be read: No such file"):
        read(tmp_path / "absent.tar.gz")


class Call:
    """Pickles as a call of a function, which is how pickles attack."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def attacks(marker):
    command = f"touch {marker}"
    return {
        "os.system": pickle.dumps(Call(os.system, command)),
        "eval": pickle.dumps(Call(eval, f"open({str(marker)!r}, 'w')")),
        "open": pickle.dumps(Call(open, str(marker), "w")),
        "in a list": pickle.dumps({b"data": [Call(os.system, command)]}),
        "getattr": b"cbuiltins\ngetattr\n.",
        "dotted": b"\x80\x04\x8c\x05numpy\x8c\x0cos.path.join\x93.",
        "numpy.load": b"cnumpy\nload\n(V" + str(marker).encode() + b"\ntR.",
        "inst": b"(S'" + command.encode() + b"'\nios\nsystem\n.",
        "codec": b"c_codecs\nencode\n(Vabc\nVrot13\ntR.",
        "persistent": b"Pabc\n.",
        "extension": b"\x80\x02\x82\x01.",
        "object array": pickle.dumps({b"data": np.array([[None]], object), b"labels": [0]}),
        "float array": pickle.dumps({b"data": np.zeros((1, 3072)), b"labels": [0]}),
        "record array": pickle.dumps({b"data": np.zeros(1, "u1,u1"), b"labels": [0]}),
        "huge array": b"cnumpy\nndarray\n((L1000000000000L\ntV|u1\ntR.",
        "class as state": b"cnumpy\nndarray\n}(Vx\nI1\nsb.",
        "unfinished array": pickle.dumps({b"data": np.zeros(1, np.uint8)}).replace(b"b.", b"0."),
        "not a dictionary": pickle.dumps([1, 2]),
        "truncated": pickle.dumps({b"data": 1})[:-3],
        "empty": b"",
        "not a pickle": b"<!DOCTYPE html>",
    }


@pytest.mark.parametrize("attack", sorted(attacks(Path("/marker"))))
@pytest.mark.parametrize("member", ["data_batch_1", "batches.meta"])
def test_a_hostile_pickle_ends_in_an_error_and_executes_nothing(
    tmp_path, python_contents, attack, member
):
    marker = tmp_path / "executed"
    members = pickled(python_contents) | {member: attacks(marker)[attack]}
    path = write_tar(tmp_path / "a.tar.gz", members, PYTHON)
    with pytest.raises(InputError, match=f"{PYTHON}/{member}: expected"):
        read(path)
    assert not marker.exists()


def test_only_the_codec_that_pickles_use_is_called(tmp_path, python_contents):
    members = pickled(python_contents) | {"test_batch": attacks(tmp_path)["codec"]}
    with pytest.raises(InputError, match="another encoding than latin1"):
        read(write_tar(tmp_path / "a.tar.gz", members, PYTHON))


def test_a_text_that_is_named_many_times_takes_its_memory_once(tmp_path, python_contents):
    name = "x" * 100_000
    python_contents["batches.meta"][b"label_names"] = [name.encode()] * 200
    tracemalloc.start()
    read(write_tar(tmp_path / "a.tar.gz", pickled(python_contents), PYTHON))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 * len(name), "200 copies were made"


def test_a_text_that_is_encoded_many_times_is_refused(tmp_path, python_contents):
    def spelled(text):
        return b"X" + struct.pack("<I", len(text)) + text

    def encoded(operand):
        return b"c_codecs\nencode\n" + operand + spelled(b"latin1") + b"\x86R"

    first, again = encoded(spelled(b"x" * 1000) + b"q\x01"), encoded(b"h\x01")
    hostile = b"\x80\x02](" + first + again * 99 + b"e."
    members = pickled(python_contents) | {"test_batch": hostile}
    with pytest.raises(InputError, match="more text than the file has bytes"):
        read(write_tar(tmp_path / "a.tar.gz", members, PYTHON))


def test_a_member_of_less_than_nothing_is_refused_at_once(tmp_path):
    header = bytearray(tarfile.TarInfo("data_batch_1.bin").tobuf())
    header[124:136] = b"\xff" * 10 + (-512 % 65536).to_bytes(2, "big")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    first = tarfile.TarInfo("README").tobuf()
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(first + bytes(header) + bytes(1024)))
    with pytest.raises(InputError, match="has -512 bytes"):
        read(tmp_path / "a.tar.gz")


def test_signed_bytes_are_not_taken_for_pixels(tmp_path, python_contents):
    python_contents["test_batch"][b"data"] = np.zeros((TEST, 3072), np.int8)
    with pytest.raises(InputError, match=r"dtype .*i1.*, not uint8"):
        read(write_tar(tmp_path / "a.tar.gz", pickled(python_contents), PYTHON))


def test_only_the_names_that_uint8_arrays_need_are_found():
    assert {f"{module}.{name}" for module, name in cifar._RestrictedUnpickler.ALLOWED} == {
        "numpy.core.multiarray._reconstruct",
        "numpy._core.multiarray._reconstruct",
        "numpy.ndarray",
        "numpy.dtype",
        "_codecs.encode",
    }


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("data", None, "`data`, a uint8 array .*found nothing"),
        ("data", [1, 2], "`data`, a uint8 array .*found a list"),
        ("data", np.zeros((4, 3071), np.uint8), r"found an array \(4, 3071\)"),
        ("data", np.zeros(3072, np.uint8), r"found an array \(3072,\)"),
        ("data", np.zeros((), np.uint8), r"found an array \(\)"),
        ("data", np.zeros((3, 3072), np.uint8), "expected 3 labels, one an image, found 4"),
        ("labels", None, "`labels`, a list of integers, found nothing"),
        ("labels", "0000", "`labels`, a list of integers, found a str"),
        ("labels", [0, 1, 2, 0.5], "`labels`, a list of integers"),
        ("labels", [0, 1, 2, True], "`labels`, a list of integers"),
        ("labels", [0, 1, 2], "expected 4 labels, one an image, found 3"),
        ("labels", [0, 1, 2, 3], "labels from 0 to 2, found 3"),
        ("labels", [0, 1, 2, -1], "labels of one byte, found -1 to 2"),
        ("labels", [0, 1, 2, 256], "labels of one byte, found 0 to 256"),
        ("labels", [0, 1, 2, 2**20000], "labels of one byte, found far wider ones"),
    ],
)
def test_a_violation_of_the_python_layout_is_named(tmp_path, python_contents, key, value, message):
    python_contents["data_batch_1"][key.encode()] = value
    path = write_tar(tmp_path / "a.tar.gz", pickled(python_contents), PYTHON)
    with pytest.raises(InputError, match=f"{PYTHON}/data_batch_1: .*{message}"):
        read(path)


@pytest.mark.parametrize(
    "names", [None, [], [1, 2, 3], b"cat", [b"cat"] * 257, [b"\xff"], [b"c\0t"], [b"\x1b[31m"]]
)
def test_wrong_class_names_in_the_python_layout_are_refused(tmp_path, python_contents, names):
    python_contents["batches.meta"] = {b"label_names": names}
    path = write_tar(tmp_path / "a.tar.gz", pickled(python_contents), PYTHON)
    with pytest.raises(InputError, match=rf"{PYTHON}/batches.meta: expected"):
        read(path)
