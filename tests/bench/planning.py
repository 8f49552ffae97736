"""How long Snakemake plans: the default config, and sweeps of thousands of runs (make bench-plan).

The default config is planned by turns with a Snakefile that holds nothing but an empty rule, under
the same profile. Sweeps grow from 500 to 2,000 runs; a run is 2 jobs, or 7 where it is explained.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PARTS = [
    "Snakefile",
    "rules",
    "scripts",
    "config.yaml",
    "schemas",
    "profiles",
    "envs",
    "report",
    "CITATION.cff",
    "resources",
]
SEEDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--runs", type=int, nargs="+", default=[500, 1000, 2000])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, folder / part)
        (folder / "empty.smk").write_text("rule all:\n    input:\n        [],\n")
        race(folder, arguments.turns)
        print("| runs | jobs | s | s without the start | a job | MB |")
        print("| ---: | ---: | ---: | ---: | ---: | ---: |")
        for explain in (False, True):
            grow(folder, arguments.runs, explain)


def race(folder: Path, turns: int) -> None:
    """Print the medians of the seconds for the default config and for nothing."""
    seconds: dict[str, list[float]] = {"empty.smk": [], "Snakefile": []}
    for turn in range(turns + 1):  # the first fills caches
        for snakefile, times in seconds.items():
            taken, _, _ = plan(folder, "--snakefile", snakefile)
            if turn:
                times.append(taken)
    empty, default = (statistics.median(times) for times in seconds.values())
    print(f"default config {default:.2f} s, empty Snakefile {empty:.2f} s: {default / empty:.2f}\n")


def grow(folder: Path, sizes: list[int], explain: bool) -> None:
    """Print a row of the table for each size of a sweep."""
    start, _, _ = plan(folder)
    for size in sizes:
        (folder / "sweep.yaml").write_text(sweep(size, explain))
        seconds, megabytes, jobs = plan(folder, "--configfile", "sweep.yaml")
        rest = seconds - start
        print(
            f"| {size:,}{', explained' if explain else ''} | {jobs:,} | {seconds:.1f} | {rest:.1f} "
            f"| {1000 * rest / jobs:.1f} ms | {megabytes:,.0f} |",
            flush=True,
        )


def sweep(runs: int, explain: bool) -> str:
    """A config whose sweep has so many runs."""
    peaks = [round(0.001 * (number + 1), 3) for number in range(runs // SEEDS // 4)]
    big = {
        "models": ["resnet20v1", "resnet20v2"],
        "recipes": ["fast", "demo"],
        "overrides": {"schedule.peak": peaks},
        "seeds": list(range(SEEDS)),
        "explain": explain,
    }
    experiments = {"cifar10": {"experiments": ["big"]}}
    return yaml.safe_dump({"sweeps": {"big": big}, "datasets": experiments})


def plan(folder: Path, *arguments: str) -> tuple[float, float, int]:
    """Return the wall seconds, peak megabytes and number of jobs of a dry run."""
    command = [sys.executable, "-m", "snakemake", "-n", "--quiet", "rules", *arguments]
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    total = re.search(r"^total +(\d+)$", output, re.MULTILINE)
    return seconds, usage.ru_maxrss / 1024, int(total[1]) if total else 0


if __name__ == "__main__":
    main()
