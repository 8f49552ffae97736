"""Data sets that are known by name, from a local server or folder to the report.

Small files in their exact layouts stand for the official ones: the copy of the workflow has their
digests in place of the published ones.
"""

import contextlib
import functools
import gzip
import hashlib
import http.server
import io
import struct
import tarfile
import threading

import numpy as np
import pytest
import yaml
from PIL import Image

from resnetcam.data.dataset import DatasetReader
from resnetcam.sources import shapes
from resnetcam.sources.layouts import IDX_TEST, IDX_TRAIN, LAYOUTS

pytestmark = pytest.mark.slow

TRAIN, TEST = 200, 60
GRADCAM = {"methods": ["gradcam"], "layers": ["final"], "images": 10, "steps": 2}
SMALL = {"gradcam": GRADCAM, "experiments": ["tiny"]}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, silently."""

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture(scope="module")
def images():
    return shapes.draw(TRAIN, TEST, 0).images


@pytest.fixture
def serve(monkeypatch):
    """Returns a function that serves a folder and returns its address."""
    monkeypatch.setenv("NO_PROXY", "*")
    with contextlib.ExitStack() as stack:

        def start(folder):
            handler = functools.partial(Handler, directory=folder)
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield start


def idx_files(images):
    """The four files of MNIST, with the drawn images in grey."""
    files = {}
    for names, x, y in (
        (IDX_TRAIN, images.x_train, images.y_train),
        (IDX_TEST, images.x_test, images.y_test),
    ):
        grey = [Image.fromarray(one).convert("L").resize((28, 28)) for one in x]
        for name, array in zip(names, (np.array(grey), y), strict=True):
            header = struct.pack(f">{1 + array.ndim}I", 0x0800 + array.ndim, *array.shape)
            files[f"{name}.gz"] = gzip.compress(header + array.tobytes())
    return files


def write_cifar100(path, images):
    """An archive in the binary layout: the shapes are fine labels, coarse ones their halves."""
    names = [f"{name}\n" for name in images.class_names]
    members = {"fine_label_names.txt": "".join(names), "coarse_label_names.txt": "few\nmany\n"}
    contents = {name: text.encode() for name, text in members.items()}
    for name, x, y in (
        ("train", images.x_train, images.y_train),
        ("test", images.x_test, images.y_test),
    ):
        planes = x.transpose(0, 3, 1, 2).reshape(len(y), -1)
        contents[f"{name}.bin"] = np.column_stack([y // 5, y, planes]).astype(np.uint8).tobytes()
    with tarfile.open(path, "w:gz") as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"cifar-100-binary/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def take_for_official(workflow, old, new):
    """Put other digests and numbers of images into the workflow's table."""
    for published, other in zip(old, new, strict=True):
        workflow.edit("scripts/resnetcam/sources/layouts.py", published, other)
    workflow.edit("scripts/resnetcam/sources/layouts.py", "images=60_000", f"images={TRAIN}")
    workflow.edit(
        "scripts/resnetcam/sources/layouts.py", "images: int = 50_000", f"images: int = {TRAIN}"
    )
    workflow.edit(
        "scripts/resnetcam/sources/layouts.py", "images: int = 10_000", f"images: int = {TEST}"
    )
    workflow.edit("config.yaml", "validation_images: 5000", "validation_images: 0.1")  # CIFAR-10's


def overlay(workflow, **datasets):
    text = yaml.safe_dump({"datasets": datasets})
    (workflow.folder / "small.yaml").write_text(text)
    return ["--configfile", "tiny.yaml", "small.yaml", "--config"]


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_known_data_set_is_planned_by_its_name_alone(fresh_workflow, name):
    planned = fresh_workflow().planned("--config", f"dataset={name}")
    assert {"download": 1, "preprocess": 1, "report": 1}.items() <= planned.items()


def test_mnist_comes_from_mirrors_and_goes_to_its_report(fresh_workflow, tmp_path, images, serve):
    workflow, served = fresh_workflow(), tmp_path / "served"
    served.mkdir()
    for name, content in idx_files(images).items():
        (served / name).write_bytes(content)
    published = LAYOUTS["mnist"].files
    digests = [hashlib.sha256((served / name).read_bytes()).hexdigest() for name in published]
    take_for_official(workflow, published.values(), digests)
    urls = ["http://127.0.0.1:9", serve(served)]
    small = SMALL | {"annotate_images": 3, "archive": {"urls": urls}}
    line = [*overlay(workflow, mnist=small), "dataset=mnist"]

    output = workflow.run(*line).output

    assert "Report: results/mnist/report.md" in output
    data = DatasetReader(workflow.folder / "results/mnist/data.h5")
    assert data.image_shape == (28, 28, 1)
    assert data.class_names == tuple("0123456789")
    report = (workflow.folder / "results/mnist/report.md").read_text()
    assert "it is the official MNIST" in report
    assert "CIFAR-10" not in report.partition("## Cite")[0]  # it is in the workflow's title
    assert "28 × 28 pixels, all of them grey" in report
    assert len(list((workflow.folder / "results/mnist/annotate").glob("*.png"))) == 3

    small["archive"] = {"urls": ["http://127.0.0.1:9/elsewhere"], "timeout": 3, "path": "gone"}
    overlay(workflow, mnist=small)
    assert workflow.planned(*line) == {}


def test_one_archive_of_cifar100_gives_fine_and_coarse_labels(fresh_workflow, images):
    workflow = fresh_workflow()
    path = workflow.folder / "own.tar.gz"
    write_cifar100(path, images)
    about = {"path": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    small = SMALL | {"train_images": TRAIN, "test_images": TEST, "archive": about}
    line = overlay(workflow, cifar100=small, cifar100_coarse=small)[:-1]

    workflow.run("results/cifar100/data.h5", "results/cifar100_coarse/report.md", *line)

    fine, coarse = (
        DatasetReader(workflow.folder / f"results/{name}/data.h5")
        for name in ("cifar100", "cifar100_coarse")
    )
    assert fine.class_names == images.class_names
    assert coarse.class_names == ("few", "many")
    np.testing.assert_array_equal(fine.array("x_train"), images.x_train)
    np.testing.assert_array_equal(fine.array("y_test"), images.y_test)
    np.testing.assert_array_equal(coarse.array("y_test"), images.y_test // 5)
    report = (workflow.folder / "results/cifar100_coarse/report.md").read_text()
    assert report.startswith("> **Not the official CIFAR-100 (coarse labels)**")
    assert len(list((workflow.folder / "resources/archives").iterdir())) == 1
