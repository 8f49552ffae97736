"""The energy that this machine's processors took during a run, where they count it and tell.

Intel's and AMD's count by package (RAPL; Linux's powercap). A counter does not know who asked for
the work, so other work on the machine is in it. Memory, GPUs, disks, fans and losses are not. Most
systems let root alone read it, and virtual machines have none.
"""

import contextlib
import threading
from pathlib import Path

_RAPL = Path("/sys/class/powercap")
_SECONDS = 20  # between two readings: the smallest counters are round in minutes


class Meter:
    """Adds up what the counters of all packages say, from now on.

    A thread that ends with the process reads them, since they begin anew now and then.
    """

    def __init__(self, folder: Path = _RAPL, seconds: float = _SECONDS):
        self._lock = threading.Lock()
        self._joules: float | None = None
        self._ranges, self._last = _packages(folder)
        if self._ranges:
            self._joules = 0.0
            threading.Thread(target=self._watch, args=(seconds,), daemon=True).start()

    def joules(self) -> float | None:
        """Return the energy since the beginning; None if a package does not tell it (any more)."""
        with self._lock:
            if self._joules is None:
                return None
            try:
                now = {path: int(path.read_text()) for path in self._ranges}
            except (OSError, ValueError):
                self._joules = None
                return None
            for path, most in self._ranges.items():
                # One that has begun anew is lower than before.
                self._joules += (now[path] - self._last[path]) % (most + 1) / 1e6
            self._last = now
            return self._joules

    def _watch(self, seconds: float) -> None:
        pause = threading.Event()
        while not pause.wait(seconds):
            self.joules()


def energy_in_words(joules: float) -> str:
    """Return a line on the energy of a run."""
    hours = joules / 3600
    amount = f"{hours / 1000:.3g} kWh" if hours >= 1000 else f"{hours:.3g} Wh"
    return f"Energy: {amount} by this machine's processors, other work on it included."


def _packages(folder: Path) -> tuple[dict[Path, int], dict[Path, int]]:
    """Of each package the highest number of its counter and this one; none if one is shut."""
    ranges, first = {}, {}
    with contextlib.suppress(OSError, ValueError):
        for domain in folder.glob("intel-rapl:*"):
            if (domain / "name").read_text().startswith("package"):
                counter = domain / "energy_uj"
                ranges[counter] = int((domain / "max_energy_range_uj").read_text())
                first[counter] = int(counter.read_text())
        return ranges, first
    return {}, {}
