"""A folder with every kind of bad file: each is one clear line, and none is lost."""

import io
import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
import yaml
from PIL import Image
from test_own_images import CLASSES, draw, settings

from resnetcam.common.wording import shown
from resnetcam.data.dataset import DatasetReader
from resnetcam.report.text import escaped

pytestmark = pytest.mark.slow

# Names that only bytes can say, as a disk from elsewhere may have them.
NO_UTF8 = os.fsdecode(b"caf\xe9.png")
QUOTED = 'it\'s "so",\na ß|*.png'

DECODE = """
import resource, sys
from pathlib import Path
from resnetcam.sources.decoding import decode
from resnetcam.sources.listing import list_images
found = decode(list_images(sys.argv[1]).images, 24, "crop", Path(sys.argv[2]), 2)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def picture(kind="png", size=(30, 30)):
    content = io.BytesIO()
    Image.radial_gradient("L").resize(size).save(content, kind)
    return content.getvalue()


def claiming(side, rows=0):
    """A PNG of black and white that says it is so large, with as many rows as are given."""

    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(rows * (1 + -(-side // 8))), 1)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", pixels), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


CONTENTS = {
    "empty.png": (b"", "an empty file"),
    "text.png": (b"hello", "not an image"),
    "cut.png": (picture()[:-60], "damaged"),
    "cut.jpg": (picture("jpeg")[:-40], "truncated"),
    "claims.png": (claiming(100_000), "more than 89,478,485 pixels"),
    "bomb.png": (claiming(13_000, rows=13_000), "more than 89,478,485 pixels"),
    QUOTED: (b"", "an empty file"),
    NO_UTF8: (b"", "an empty file"),
    "forbidden.png": (picture(), "Permission denied"),
}
OTHERS = {
    "itself.png": "Too many levels of symbolic links",
    "gone.png": "No such file or directory",
    "pipe.png": "a pipe or a device",
    "locked/a.png": "Permission denied",
}
REASONS = {name: reason for name, (_, reason) in CONTENTS.items()} | OTHERS


@pytest.fixture
def folder(tmp_path):
    """Good images, some with odd names too, and bad ones in one of the classes."""
    folder = tmp_path / "my images"
    draw(folder)
    for name in (QUOTED, NO_UTF8):
        (folder / "arrow" / name).write_bytes(picture())
    star = folder / "star"
    for name, (content, _) in CONTENTS.items():
        (star / name).write_bytes(content)
    (star / "itself.png").symlink_to("itself.png")
    (star / "gone.png").symlink_to("nothing.png")
    os.mkfifo(star / "pipe.png")
    (star / "locked").mkdir()
    (star / "locked/a.png").write_bytes(picture())
    (star / "forbidden.png").chmod(0)
    (star / "locked").chmod(0o444)  # may be listed, but not entered
    yield folder
    (star / "locked").chmod(0o755)


@pytest.fixture
def obeying(folder):
    """What starts a command that obeys permissions: nothing, unless root runs the tests."""
    if os.geteuid():
        return ()
    rights = "-dac_override,-dac_read_search"
    command = ("setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}")
    try:
        read = subprocess.run([*command, "cat", folder / "star/forbidden.png"], capture_output=True)
    except FileNotFoundError:
        pytest.skip("root may read everything, and there is no setpriv to give that up")
    if b"Permission denied" not in read.stderr:
        pytest.skip("root may read everything, and cannot give that up here")
    return command


@pytest.fixture
def mine(fresh_workflow, folder, obeying):
    workflow = fresh_workflow()

    def run(*targets, check=True, **more):
        text = yaml.safe_dump(settings(folder, **more))
        (workflow.folder / "mine.yaml").write_text(text)
        overlay = [*targets, "--configfile", "tiny.yaml", "mine.yaml"]
        return workflow.run(*overlay, check=check, through=obeying, own_process=True)

    run.folder = workflow.folder
    return run


def line_of(output, path):
    """The only line that names a file and says what is wrong with it."""
    (line,) = [one for one in output.splitlines() if one.strip().startswith(f"{shown(path)}: ")]
    return line


def test_each_bad_file_is_refused_by_name_or_left_out_and_told(mine, folder):
    bad = {folder / "star" / name: reason for name, reason in REASONS.items()}
    everything = [path for path in folder.rglob("*") if not path.is_dir()]
    assert len(everything) == 90 + 2 + len(bad)

    (folder / "Star").mkdir()
    (folder / "Star/a.png").write_bytes(picture())
    output = mine(check=False).output
    assert output.count("the classes 'Star' and 'star' look alike") == 1
    (folder / "Star/a.png").unlink()
    (folder / "Star").rmdir()

    (folder / "circle/again").symlink_to(folder / "circle")
    output = mine(check=False).output
    assert output.count("again is a link to a folder that holds it") == 1
    (folder / "circle/again").unlink()

    output = mine("results/mine/data.h5", check=False).output
    assert f"{len(bad)} of {len(everything)} images cannot be read" in output
    log = (mine.folder / "logs/mine/decode_images.log").read_text()
    for path, reason in bad.items():
        assert reason in line_of(log, path)
        assert shown(path) in output
    assert "Traceback" not in output + log
    assert not (mine.folder / "results/mine/data.h5").exists()

    mine(unreadable="skip")
    notes = json.loads((mine.folder / "results/mine/images.json").read_text())
    told = {Path(one["path"]): one["reason"] for one in notes["unreadable"]}
    assert told.keys() == bad.keys()
    report = (mine.folder / "results/mine/report.md").read_text()
    assert f"{len(bad)} files could not be read and were left out" in report
    for path, reason in bad.items():
        assert reason in told[path]
        assert f"- {escaped(shown(path))}: {escaped(told[path])}" in report
    data = DatasetReader(mine.folder / "results/mine/data.h5")
    assert len(data.array("y_train")) + len(data.array("y_test")) == len(everything) - len(bad)
    assert data.class_names == CLASSES


def test_what_claims_gigabytes_takes_none(folder, tmp_path):
    found = subprocess.run(
        [sys.executable, "-c", DECODE, folder, tmp_path],
        env=os.environ | {"PYTHONPATH": "scripts"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stderr
    assert float(found.stdout) < 400, "megabytes"
