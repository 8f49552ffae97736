"""What one GPU makes of the recipes and of the maps, on JAX, before a given moment (gpu.sh).

Preprocessing, training, prediction and maps are the library's own. Every row is on disk as soon as
it is measured: gpu.csv holds what was measured, gpu.json where. What matters most comes first.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml
from gpu_rows import Rows, summary

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from resnetcam.backends import processor, runtime
from resnetcam.common.errors import InputError
from resnetcam.data import preprocessing
from resnetcam.data.dataset import DatasetReader
from resnetcam.settings.config import load_config
from resnetcam.settings.merging import laid_over
from resnetcam.settings.schema import read_schema
from resnetcam.sources import shapes
from resnetcam.sources.cifar import read_archive, write_archive

ROOT = Path(__file__).parents[2]
# experiment:seed, and after how many epochs to stop if it is not to be trained to its end.
TRAININGS = ["fast:1", "fast:2", "fast:3", "published:1:2", "strong:1", "published:1"]
# In miniature: two epochs of the smallest network, of few drawn shapes, and fewer maps.
MINIATURE_TRAININGS = ["fast:1", "published:1:1"]
MINIATURE = {"train_images": 160, "test_images": 20, "validation_images": 60}
MINIATURE |= {"gradcam": {"methods": ["gradcam", "ablationcam"], "layers": ["final"]}}


def main() -> int:
    """Measure until everything is measured or the time is up; 1 if something failed."""
    arguments = parse_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = Rows(arguments.out / "gpu.csv")
    with rows.measured("start") as row:
        threads = processor.available_threads()
        started = runtime.start("jax", arguments.device, "auto", threads)
        row["note"] = f"{started.device_name}, {started.precision}"
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    settings = load_config(config, read_schema(ROOT / "schemas"))
    dataset = settings["datasets"]["cifar10"]
    if arguments.miniature:
        dataset = laid_over(dataset, MINIATURE)
    archive = arguments.archive or draw(dataset, arguments.work)
    with rows.measured("preprocessing", images=dataset["train_images"] + dataset["test_images"]):
        reader = preprocess(archive, dataset, arguments.work / "data.h5")
    write_about(arguments.out / "gpu.json", started, archive, reader)
    from gpu_jobs import Bench, run_all  # they bring Keras

    bench = Bench(settings, dataset, reader, rows, started, arguments.end, arguments.miniature)
    failed = run_all(bench, arguments.trainings)  # checks their names first
    print(f"\n{summary(rows.all)}\nwritten: {rows.path}")
    return 1 if failed else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", type=Path, help="in CIFAR-10's layout, of its size")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks")
    parser.add_argument("--trainings", nargs="+", metavar="NAME:SEED[:EPOCHS]")
    parser.add_argument("--miniature", action="store_true", help="drawn shapes on a processor")
    parser.add_argument("--work", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--end", type=float, required=True, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if bool(arguments.archive) == arguments.miniature:
        parser.error("expected either --archive FILE or --miniature")
    arguments.trainings = arguments.trainings or (
        MINIATURE_TRAININGS if arguments.miniature else TRAININGS
    )
    arguments.device = "cpu" if arguments.miniature else "gpu"
    return arguments


def draw(dataset: dict[str, Any], folder: Path) -> Path:
    """Write an archive of drawn shapes and return its path."""
    path = folder / "images.tar.gz"
    write_archive(path, shapes.draw(dataset["train_images"], dataset["test_images"], 0).images)
    return path


def write_about(path: Path, started: runtime.Runtime, archive: Path, reader: DatasetReader) -> None:
    """Say what the numbers were measured on, and of which images."""
    from resnetcam.training.provenance import describe_run, finished_now

    about = finished_now(describe_run(started))
    about["began"] = about.pop("finished")
    names = ("x_train", "y_train", "x_test", "y_test")
    about["data"] = {"from": archive.name, **{name: reader.sha256(name) for name in names}}
    path.write_text(json.dumps(about, indent=1) + "\n")


def preprocess(archive: Path, dataset: dict[str, Any], path: Path) -> DatasetReader:
    """Write ``data.h5`` as the stage does, and open it."""
    images = read_archive(archive, dataset["train_images"], dataset["test_images"])
    held_out, seed = dataset["validation_images"], dataset["split_seed"]
    splits = preprocessing.make_splits(images, held_out, seed)
    preprocessing.write_dataset(path, images, splits)
    return DatasetReader(path)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(str(error))
