"""A contender's own process: it builds, then works one turn whenever the conductor says so."""

import importlib
import multiprocessing
import os
import resource
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from contenders import Contender, Settings, UnavailableError, Workload

# A round may take this many times as long as a turn should.
SLOWEST = 10


def serve(
    connection: Connection, contender: Contender, settings: Settings, directory: Path
) -> None:
    """Build the contender, then answer every message with a turn: (work done, seconds, peak MB).

    The first answer is its ``Facts``, or in words why there are none.
    """
    threading.Thread(target=_die_with_parent, daemon=True).start()
    _send_output_to(directory / f"{contender.name}.log")
    _stay_on(settings.threads)
    sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
    if contender.packages:
        sys.path.insert(0, contender.packages)
    try:
        workload = importlib.import_module(contender.module).build(settings, **contender.options)
        workload.run(1)  # compiles
        _refuse_if_slow(workload, settings.seconds)
    except Exception as error:
        connection.send(_in_words(error))
        raise
    connection.send(workload.facts)
    _take_turns(connection, workload, settings.seconds)


def _refuse_if_slow(workload: Workload, seconds: float) -> None:
    """Do not let one contender's turns outlast all the others'."""
    elapsed = workload.run(1)
    if elapsed > SLOWEST * seconds:
        raise UnavailableError(
            f"too slow to be measured in turns: {workload.facts.work / elapsed:.1f} images/s"
        )


def _take_turns(connection: Connection, workload: Workload, seconds: float) -> None:
    rounds = 0
    while connection.recv():
        rounds = rounds or _rounds_in(workload, seconds)
        elapsed = workload.run(rounds)
        connection.send((rounds * workload.facts.work, elapsed, _peak_megabytes()))


def _rounds_in(workload: Workload, seconds: float) -> int:
    """How many rounds take about ``seconds``."""
    rounds = 1
    while (elapsed := workload.run(rounds)) < seconds / 4:
        rounds *= 2
    return max(1, round(rounds * seconds / elapsed))


def _die_with_parent() -> None:
    """End at once when the conductor ends, however it ends, even in the middle of a turn."""
    multiprocessing.parent_process().join()
    os._exit(1)


def _send_output_to(path: Path) -> None:
    """Keep what libraries print out of the table, C++ included."""
    with open(path, "w") as log:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(log.fileno(), stream.fileno())


def _stay_on(threads: int) -> None:
    """Keep to as many processors, for libraries that cannot be told a number of threads."""
    if hasattr(os, "sched_setaffinity"):
        processors = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, processors[:threads])


def _in_words(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"{error.name} is not installed"
    message = str(error).strip().partition("\n")[0]
    return message if isinstance(error, UnavailableError) else f"{type(error).__name__}: {message}"


def _peak_megabytes() -> float:
    """The largest resident set this process ever had; Linux counts it in KiB, macOS in bytes."""
    peak: Any = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e6 / 1024)
