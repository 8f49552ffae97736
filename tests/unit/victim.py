"""A training in a process of its own, as Snakemake's script runs it, for tests that kill it.

The processes are forked from one that has made the slow imports, so each takes few seconds.
"""

import fnmatch
import functools
import multiprocessing
import os
import runpy
import signal
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from mishaps import Files
from small_training import AFTER_EVERY_STEP, fake_machinery, fake_measures

from resnetcam.training import loop, session

SCRIPTS = Path(__file__).parents[2] / "scripts"

_PATIENCE = 600  # seconds after which a process is taken to hang, also on a busy machine
_started = []
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["victim"])


def start_server():
    """Start the process that the others are forked from; it finds modules by its environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{Path(__file__).parent}{os.pathsep}{SCRIPTS}")
        multiprocessing.forkserver.ensure_running()


def kill_all():
    """End what a failed test left running."""
    while _started:
        _started.pop().kill()


class Victim:
    """A training at work.

    Args:
        run: has the ``folder`` of all files, the ``data``, the ``plan`` and the ``outputs``.
        die_at: pattern of a change (see ``mishaps``) at which it sends itself SIGKILL.
        seconds_a_step: that each step takes at least.
        fake: train the fake network.
    """

    def __init__(self, run, die_at="", seconds_a_step=0.0, fake=False):
        self.run = run
        self._terminal = run.folder / f"terminal-{time.monotonic_ns()}"
        self._terminal.parent.mkdir(parents=True, exist_ok=True)
        self._process = _context.Process(
            target=_train,
            args=(run.folder, self._terminal, _rule(run), die_at, seconds_a_step, fake),
        )
        self._newest = self._find_newest_state()
        self._process.start()
        self.pid = self._process.pid
        _started.append(self._process)

    def wait(self):
        """Return the exit status, negative for a signal."""
        self._process.join(_PATIENCE)
        return self._process.exitcode

    def send(self, signum):
        os.kill(self.pid, signum)

    def wait_until_it_says(self, text):
        self._wait_until(lambda: text in self.printed)

    def wait_for_a_new_state(self):
        self._wait_until(lambda: self._find_newest_state() != self._newest)

    @property
    def printed(self):
        return self._terminal.read_text() if self._terminal.exists() else ""

    def _find_newest_state(self):
        return max(path.name for path in [Path(), *self.run.state.glob("*/epoch-*")])

    def _wait_until(self, condition):
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            assert self._process.is_alive() and time.monotonic() < deadline, self.printed
            time.sleep(0.005)


def _rule(run):
    """What Snakemake gives to the script."""
    plan = vars(run.plan).copy()
    return {
        "input": SimpleNamespace(data=run.data),
        "output": [str(path) for path in run.outputs.values()],
        "log": [str(run.folder / "logs" / "train.log")],
        "params": SimpleNamespace(
            code={"computes": plan.pop("code"), "writes": plan.pop("writes")},
            backend=plan.pop("backend"),
            precision=plan.pop("precision"),
            plan=plan,
            device="cpu",
            state=str(run.state),
            deployment={"file": "envs/tensorflow.yaml", "pins": {}, "folder": None},
        ),
        "threads": 2,
        "rule": "train",
        "scriptdir": str(SCRIPTS),
        "wildcards": ["shapes", "tiny", str(run.plan.seed)],
    }


def _train(folder, terminal, rule, die_at, seconds_a_step, fake):
    handle = os.open(terminal, os.O_WRONLY | os.O_CREAT)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    tempfile.tempdir = str(folder)
    if fake:
        fake_measures(setattr)

    def build_slow(*arguments):
        machinery = (fake_machinery if fake else loop.build)(*arguments)
        run_steps = machinery.trainer.run

        def run_slowly(*arguments):
            time.sleep(seconds_a_step)
            return run_steps(*arguments)

        machinery.trainer.run = run_slowly
        return machinery

    def die(number, change):
        if fnmatch.fnmatch(change, die_at):
            os.kill(os.getpid(), signal.SIGKILL)

    session.train = functools.partial(session.train, pace=AFTER_EVERY_STEP, build=build_slow)
    with Files(folder, die):
        runpy.run_path(SCRIPTS / "train.py", {"snakemake": SimpleNamespace(**rule)})
