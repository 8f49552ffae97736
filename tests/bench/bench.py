"""Training speed side by side: this workflow's engine, Keras `fit`, PyTorch (make bench).

Every contender lives in a process of its own and gets ready once. Then they work one at a time,
turn by turn, so that a noisy machine is noisy to all of them; what counts is the ratio of medians.
Prints a table and writes it to benchmarks/engine.csv, and as a picture to engine.png.
"""

import argparse
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path

import summary
from contenders import CONTENDERS, Contender, Settings, held_to_avx2, with_each_pytorch
from racer import Racer

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from resnetcam.backends import processor

ROOT = Path(__file__).parents[2]
BUSY = """; other work was running. It slows those most whose threads wait for one
another at every operation (PyTorch, matrix products), so ratios to them are not to be trusted;
--threads 1 avoids the waiting"""


def main() -> None:
    """Measure what was asked for, and report it."""
    # A contender that had to be killed leaves a semaphore, which Python removes and tells of.
    os.environ["PYTHONWARNINGS"] = "ignore:resource_tracker:UserWarning"
    arguments = parse_arguments()
    contenders = list(with_each_pytorch(CONTENDERS, arguments.torch))
    if arguments.avx2:
        contenders = list(held_to_avx2(contenders))
    chosen = select(contenders, arguments.only)
    load = os.getloadavg()[0]
    on_gpu = arguments.device == "gpu"
    bfloat16 = on_gpu or (processor.computes_bfloat16() and not arguments.avx2)
    settings = Settings(arguments.threads, arguments.device, arguments.seconds, bfloat16)
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        racers = get_ready(chosen, settings, Path(directory), arguments.patience)
        try:
            race(racers, arguments.turns)
        finally:
            for racer in racers:
                racer.stop()
    rows = [racer.row() for racer in racers]
    print(f"\nload average before: {load:.1f}{BUSY if load > 0.5 else ''}")
    hardware = processor.name() + ", held to AVX2" * arguments.avx2
    summary.report(rows, settings, hardware, ROOT / "benchmarks")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    names = ", ".join(contender.name for contender in CONTENDERS)
    parser.add_argument(
        "--only", nargs="+", default=["*"], metavar="PATTERN", help=f"such as 'torch-*'; of {names}"
    )
    parser.add_argument(
        "--torch",
        type=Path,
        nargs="+",
        default=[],
        metavar="FOLDER",
        help="with a PyTorch of its own each (pip install --target FOLDER torch==VERSION), to be "
        "measured side by side, in place of the installed one",
    )
    parser.add_argument("--turns", type=int, default=5, help="of each contender (default 5)")
    parser.add_argument("--seconds", type=float, default=2, help="in a turn (default 2)")
    parser.add_argument(
        "--threads",
        type=int,
        default=processor.available_threads(),
        help="default: all available processors",
    )
    parser.add_argument(
        "--patience", type=float, default=300, help="seconds to get ready in (default 300)"
    )
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu")
    parser.add_argument(
        "--avx2",
        action="store_true",
        help="compute as a processor without AVX-512 does: its vectors left unused, float32",
    )
    arguments = parser.parse_args()
    arguments.threads = min(arguments.threads, processor.available_threads())
    if arguments.turns < 1 or arguments.threads < 1 or arguments.seconds <= 0:
        parser.error("--turns, --threads and --seconds must be above 0")
    return arguments


def select(contenders: list[Contender], patterns: list[str]) -> list[Contender]:
    """The contenders that match, in their own order; every pattern must match one."""
    for pattern in patterns:
        if not any(matches(contender, pattern) for contender in contenders):
            raise SystemExit(f"no contender is called {pattern!r}; --help lists them")
    return [c for c in contenders if any(matches(c, pattern) for pattern in patterns)]


def matches(contender: Contender, pattern: str) -> bool:
    """Whether a pattern matches the name, with or without the version that it ends in."""
    return fnmatch(contender.name, pattern) or fnmatch(contender.kind, pattern)


def get_ready(
    chosen: list[Contender], settings: Settings, directory: Path, patience: float
) -> list[Racer]:
    """Start the processes and let them build and compile.

    Two at a time, since most of it uses one processor; on a GPU one, since libraries choose their
    algorithms by measuring them.
    """

    def start(contender: Contender) -> Racer:
        racer = Racer(contender, settings, directory)
        racer.get_ready(patience)
        print(f"  {contender.label}: {racer.reason or 'ready'}", flush=True)
        return racer

    print(f"getting {len(chosen)} contenders ready", flush=True)
    at_once = 1 if settings.device == "gpu" else min(2, settings.threads)
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(start, chosen))


def race(racers: list[Racer], turns: int) -> None:
    """Turn by turn, forwards and backwards by turns, so that a drift favours nobody."""
    for turn in range(turns):
        print(f"turn {turn + 1} of {turns}", flush=True)
        for racer in racers if turn % 2 == 0 else reversed(racers):
            racer.take_turn()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("stopped") from None
