"""The energy of a run: counters that begin anew, several packages, and none that can be read."""

import time

import pytest

from resnetcam.workflow.energy import Meter, energy_in_words

NEVER = 10_000  # seconds: the thread reads nothing within a test


@pytest.fixture
def rapl(tmp_path):
    """A folder as Linux's powercap has it: two packages, parts of one, and the whole board."""
    names = {"0": "package-0", "1": "package-1", "0:0": "core", "2": "psys"}
    for number, name in names.items():
        domain = tmp_path / f"intel-rapl:{number}"
        domain.mkdir()
        (domain / "name").write_text(f"{name}\n")
        (domain / "max_energy_range_uj").write_text("999999\n")
        (domain / "energy_uj").write_text("900000\n")
    return tmp_path


def counts(folder, **numbers):
    for package, number in numbers.items():
        counter = folder / f"intel-rapl:{package[1:]}/energy_uj"
        counter.with_name("new").write_text(f"{number}\n")
        counter.with_name("new").rename(counter)  # what the kernel gives is whole


def test_packages_are_added_up_also_when_a_counter_begins_anew(rapl):
    meter = Meter(rapl, NEVER)
    assert meter.joules() == 0
    counts(rapl, p0=950_000, p1=910_000)
    assert meter.joules() == pytest.approx(0.06)
    counts(rapl, p0=50_000, p1=910_000)  # 50,000 to the end, and 50,000 from the beginning
    (rapl / "intel-rapl:2/energy_uj").write_text("1")
    assert meter.joules() == pytest.approx(0.16)
    assert meter.joules() == pytest.approx(0.16)


def test_a_thread_reads_in_between(rapl):
    meter = Meter(rapl, 0.001)
    for number in range(0, 3_000_000, 400_000):  # round three times
        counts(rapl, p0=(900_000 + number) % 1_000_000)
        deadline = time.monotonic() + 20
        while abs((meter._joules or 0) - number / 1e6) > 1e-9:
            assert time.monotonic() < deadline
            time.sleep(0.001)


def test_nothing_is_said_where_a_package_does_not_tell(rapl, tmp_path):
    meter = Meter(rapl, NEVER)
    (rapl / "intel-rapl:1/energy_uj").unlink()

    assert meter.joules() is None
    counts(rapl, p1=5)
    assert meter.joules() is None, "part of the time is missing"
    assert Meter(tmp_path / "none", NEVER).joules() is None
    (rapl / "intel-rapl:1/energy_uj").write_text("no number")
    assert Meter(rapl, NEVER).joules() is None


@pytest.mark.parametrize(
    ("joules", "amount"), [(90, "0.025 Wh"), (36_000, "10 Wh"), (5.4e6, "1.5 kWh")]
)
def test_energy_is_told_with_what_it_includes(joules, amount):
    told = f"Energy: {amount} by this machine's processors, other work on it included."
    assert energy_in_words(joules) == told
