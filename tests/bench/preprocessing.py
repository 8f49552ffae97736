"""What many image files cost on their way to data.h5: seconds and peak memory (make bench-data).

It draws images into a folder, and runs the stages' own code on them, in one process and in those
that it starts. Their resident memory is looked at ten times a second.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from resnetcam.backends import processor

CLASSES = 10
SETTINGS = {"validation_images": 0.1, "split_seed": 0, "twins": "keep"}
SECONDS_BETWEEN_LOOKS = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument(
        "--folder", type=Path, help="of the disk to measure; the system's if unsaid"
    )
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work(arguments.folder, arguments.side)
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        started = time.perf_counter()
        draw(Path(name) / "images", arguments.images, arguments.side)
        print(
            f"{arguments.images:,} JPEG files for a side of {arguments.side} pixels, drawn in "
            f"{time.perf_counter() - started:.0f} s; {processor.available_threads()} processes\n",
            flush=True,
        )
        print("| part | s | images/s | peak MB |\n| --- | ---: | ---: | ---: |", flush=True)
        for part, seconds, peak in measured(Path(name), arguments.side):
            rate = arguments.images / seconds
            print(f"| {part} | {seconds:.1f} | {rate:,.0f} | {peak / 1e6:,.0f} |", flush=True)
        size = (Path(name) / "data.h5").stat().st_size
        print(f"\ndata.h5 has {size / 1e6:,.0f} MB")


def draw(folder: Path, count: int, side: int) -> None:
    """Write images of one to two times the side, each a random pattern of 8 x 8 colours."""
    for label in range(CLASSES):
        (folder / str(label)).mkdir(parents=True)
    tasks = [(folder, start, min(start + 1000, count), side) for start in range(0, count, 1000)]
    with ProcessPoolExecutor(processor.available_threads()) as pool:
        list(pool.map(_draw_some, *zip(*tasks, strict=True)))


def _draw_some(folder: Path, start: int, stop: int, side: int) -> None:
    random = np.random.default_rng(start)
    for number in range(start, stop):
        colours = Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8))
        size = tuple(random.integers(side, 2 * side, 2).tolist())
        image = colours.resize(size, Image.Resampling.BILINEAR)
        image.save(folder / str(number % CLASSES) / f"{number:07}.jpg", quality=90)


def measured(folder: Path, side: int) -> Iterator[tuple[str, float, int]]:
    """Run the parts in a process; yield each one's name, its seconds and its peak of bytes."""
    command = [sys.executable, __file__, "--work", "--folder", folder, "--side", str(side)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        os.set_blocking(process.stdout.fileno(), False)
        peak = 0
        while process.poll() is None:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            peak = max(peak, sum(map(memory_of, family_of(process.pid))))
            for line in process.stdout:
                name, seconds = json.loads(line)
                yield name, seconds, peak
                peak = 0
    if process.returncode:
        raise SystemExit("a part failed")


def family_of(pid: int) -> Iterator[int]:
    """A process, its children, and theirs."""
    yield pid
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from family_of(int(child))


def memory_of(pid: int) -> int:
    """Resident bytes of a process; what several share counts in parts (Linux's Pss)."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith("Pss:")))
    return 0


def work(folder: Path, side: int) -> None:
    """Do what the stages list_images, decode_images and linear_baseline do."""
    from resnetcam.data.dataset import DatasetReader
    from resnetcam.data.dividing import divide
    from resnetcam.data.linear_baseline import linear_baseline
    from resnetcam.data.preprocessing import preprocess
    from resnetcam.sources.contents import digest_of_files
    from resnetcam.sources.decoding import decode
    from resnetcam.sources.listing import list_images

    images, data, processes = folder / "images", folder / "data.h5", processor.available_threads()
    with part("list and digest"):
        listing = list_images(images)
        digest_of_files(listing.images, images, processes)
    with part("decode"):
        decoded = decode(listing.images, side, "crop", folder, processes)
    with part("find twins, split, write data.h5"):
        divided = divide(decoded, listing.class_names, 0.2, 0)
        preprocess(data, *divided, SETTINGS)
    with part("linear baseline"):
        reader = DatasetReader(data)
        x = {name: reader.rows(f"x_{name}") for name in ("train", "test")}
        y = {name: reader.array(f"y_{name}") for name in ("train", "test")}
        linear_baseline(x["train"], y["train"], x["test"], y["test"], CLASSES)


@contextlib.contextmanager
def part(name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    print(json.dumps([name, time.perf_counter() - started]), flush=True)


if __name__ == "__main__":
    main()
