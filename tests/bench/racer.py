"""The conductor's side of a contender: its process, what it answers, and why it gave up."""

import multiprocessing
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from contenders import Contender, Facts, Row, Settings
from worker import serve

SECONDS_FOR_A_TURN = 120
# Set for a contender only if it asks for it, whatever the user's shell says.
SWITCHES = (
    "GLIBC_TUNABLES",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
    "JAX_PLATFORMS",
    "KERAS_BACKEND",
)
# Read by BLAS and OpenMP libraries when they are loaded.
THREAD_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_STARTING = threading.Lock()


class Racer:
    """A contender's process; once it has a ``reason`` not to run, it takes no more turns."""

    def __init__(self, contender: Contender, settings: Settings, directory: Path):
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=serve, args=(theirs, contender, settings, directory), daemon=True
        )
        self._log = directory / f"{contender.name}.log"
        with _environment(contender, settings, directory):
            self._process.start()
        theirs.close()
        self.contender = contender
        self.facts: Facts | None = None
        self.rates: list[float] = []
        self.peak_megabytes = 0.0
        self.reason = ""

    def get_ready(self, patience: float) -> None:
        """Wait until it has built and compiled, or failed; at most ``patience`` seconds."""
        answer = self._answer(patience)
        if isinstance(answer, Facts):
            self.facts = answer
        elif answer:
            self.reason = answer

    def take_turn(self) -> None:
        """Let it work for a turn and note its rate; the first one finds out how much to do."""
        if self.reason:
            return
        if answer := self._answer(SECONDS_FOR_A_TURN, message=True):
            work, seconds, self.peak_megabytes = answer
            self.rates.append(work / seconds)

    def stop(self) -> None:
        """End the process: in peace if it is idle."""
        with suppress(OSError):
            self._connection.send(False)
            self._process.join(0 if self.reason else 10)
        self._process.kill()
        self._process.join()

    def row(self) -> Row:
        """What came of it."""
        return Row(self.contender, self.facts, self.rates, self.peak_megabytes, self.reason)

    def _answer(self, seconds: float, message: bool = False) -> Any:
        """What the process sends, after a message if it waits for one; None, and a reason, if
        nothing comes."""
        try:
            if message:
                self._connection.send(True)
            if self._connection.poll(seconds):
                return self._connection.recv()
            self.reason = f"took longer than {seconds:.0f} s"
            self._process.kill()
        except (EOFError, ConnectionError):
            self._process.join()
            self.reason = f"ended with exit code {self._process.exitcode}{self._last_words()}"
        return None

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").split("\n") if self._log.exists() else []
        spoken = [line.strip() for line in lines if line.strip()]
        return f": {spoken[-1][:200]}" if spoken else ""


@contextmanager
def _environment(contender: Contender, settings: Settings, directory: Path) -> Iterator[None]:
    """What a process that starts now finds set; the C library reads some of it at once."""
    variables = dict.fromkeys(THREAD_COUNTS, str(settings.threads))
    variables["KERAS_HOME"] = str(directory)  # no settings from the user's own keras.json
    if settings.device == "cpu":
        variables["CUDA_VISIBLE_DEVICES"] = "-1"
    else:  # all contenders' processes share the GPU's memory
        variables["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
        variables["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    with _STARTING:  # one at a time: the environment is the whole conductor's
        before = dict(os.environ)
        kept = {name: value for name, value in before.items() if name not in SWITCHES}
        try:
            _replace_environment(kept | variables | contender.environment)
            yield
        finally:
            _replace_environment(before)


def _replace_environment(variables: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(variables)
