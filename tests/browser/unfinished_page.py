"""Write the page of a report that is not finished, as a run leaves it that goes on or has failed.

    python tests/browser/unfinished_page.py FOLDER going-on|failed

It needs the library, which the environment of the browser does not have.
"""

import logging
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from resnetcam.workflow.failures import Failure  # noqa: E402
from resnetcam.workflow.unfinished import AwaitedReport, Job, UnfinishedReports  # noqa: E402

EPOCH = (
    "epoch  3/14  rate 2.0e-02  accuracy 61.00 %, val 60.10 %  loss 1.1, val 1.2  20 s  4 min left"
)
STAGES = ("train", "evaluate", "explain", "measure_maps", "training_figures", "gradcam_figures")


def main(folder: Path, state: str) -> None:
    jobs = tuple(
        Job(
            stage,
            folder / experiment / f"seed{seed}",
            folder / f"{stage}-{experiment}-{seed}.log",
            folder / f"{stage}-{experiment}-{seed}.tsv",
            needed=True,
        )
        for stage in STAGES
        for experiment in ("fast", "a-name-of-an-experiment-that-is-as-long-as-names-become")
        for seed in (1, 2, 3)
    )
    begun = time.time()
    jobs[0].benchmark.write_text("s\n1\n")
    logging.basicConfig(
        filename=jobs[1].log, level="INFO", format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.info(EPOCH)
    finished = folder / "fast/report.html"
    finished.parent.mkdir()
    finished.write_text("<!doctype html><title>Finished</title>")
    reports = UnfinishedReports(
        [AwaitedReport(folder / "report.html", "cifar10", jobs)], begun - 1, ROOT / "report", print
    )
    reports.begin()
    if state == "failed":
        message = "the folder of results cannot be written: " + "no space left on the device " * 5
        reports.end({"cifar10": [Failure("fast", "2", "train", "logs/train.log", message)]})


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
