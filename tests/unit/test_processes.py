"""Trainings in processes of their own: killed, told to stop, and several at once."""

import random
import signal
import time

import pytest
import victim
from small_data import write_data
from small_training import Run, fake_machinery, fake_measures
from victim import Victim

pytestmark = pytest.mark.slow

MANY_STEPS = {"batch_size": 4, "epochs": 3}  # ten steps an epoch


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    victim.start_server()
    return write_data(tmp_path_factory.mktemp("data") / "data.h5")


@pytest.fixture(autouse=True)
def _no_survivors():
    yield
    victim.kill_all()


def test_kills_and_signals_cost_no_bit(tmp_path, data, cpu):
    """SIGKILL at random times and at chosen ones, SIGTERM, SIGINT, all in one training."""
    undisturbed = Run(tmp_path / "undisturbed", data, cpu, **MANY_STEPS)
    reference = Victim(undisturbed)
    run = Run(tmp_path / "run", data, cpu, **MANY_STEPS)
    moments = random.Random(0)
    for signum in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGINT):
        stopped = Victim(run, seconds_a_step=0.1)
        stopped.wait_for_a_new_state()
        time.sleep(moments.uniform(0, 0.2))
        stopped.send(signum)
        if signum == signal.SIGKILL:
            assert stopped.wait() == -signum
        else:
            assert stopped.wait() == 128 + signum
            message = f"stopped by {signal.Signals(signum).name} in epoch"
            assert message in stopped.printed and "same command goes on" in stopped.printed
    for change in (
        "rename */epoch-000002-step-00000004.state",
        "rename */finished-best",
        "rename out/history.csv",
    ):
        assert Victim(run, die_at=change).wait() == -signal.SIGKILL, change
    last = Victim(run)
    assert last.wait() == 0 and reference.wait() == 0
    assert "nothing to train" in last.printed
    assert run.result() == undisturbed.result()
    places = [(place["epochs"], place["steps"]) for place in run.info["resumed_after"]]
    # The last kills came when nothing was left to train.
    assert len(set(places)) == 5 and places == sorted(places)
    assert places[-1] == (2, 3)


def test_a_second_signal_kills_at_once(tmp_path, data, cpu):
    stubborn = Victim(Run(tmp_path, data, cpu), seconds_a_step=3, fake=True)
    stubborn.wait_for_a_new_state()
    for signum in (signal.SIGINT, signal.SIGTERM):
        time.sleep(0.2)
        stubborn.send(signum)
    assert stubborn.wait() == -signal.SIGTERM


def test_of_two_processes_one_trains_and_the_other_adopts_or_takes_over(
    tmp_path, data, cpu, monkeypatch
):
    def run(name, **changes):
        return Run(tmp_path / name, data, cpu, state=tmp_path / "state", **changes)

    first = Victim(run("first"), seconds_a_step=0.3, fake=True)
    first.wait_for_a_new_state()
    first.send(signal.SIGSTOP)
    second = Victim(run("second"), seconds_a_step=0.3, fake=True)
    second.wait_until_it_says(f"another process ({first.pid} on ")
    assert Victim(run("another network", seed=2), fake=True).wait() == 0

    first.send(signal.SIGKILL)
    second.wait_until_it_says("going on after epoch")
    second.send(signal.SIGSTOP)
    third = Victim(run("third"), fake=True)
    third.wait_until_it_says(f"another process ({second.pid} on ")
    second.send(signal.SIGCONT)
    assert second.wait() == 0 and third.wait() == 0
    assert "nothing to train" in third.printed and "epoch 2/2" not in third.printed
    for name, path in third.run.outputs.items():
        assert path.read_bytes() == second.run.outputs[name].read_bytes()
    assert not any(first.run.has_outputs())

    fake_measures(monkeypatch.setattr)
    monkeypatch.setattr(Run, "build", staticmethod(fake_machinery))
    assert second.run.result() == Run(tmp_path / "undisturbed", data, cpu)().result()
