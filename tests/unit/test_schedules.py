"""Learning rates against the published log and hand-computed points."""

import csv
from pathlib import Path

import numpy as np
import pytest
import yaml

from resnetcam.common.options import from_settings
from resnetcam.recipe.schedule import SCHEDULES
from resnetcam.recipe.skipping import progress

ROOT = Path(__file__).parents[2]
HISTORY = ROOT / "resources" / "published_history.csv"
PUBLISHED = yaml.safe_load((ROOT / "config.yaml").read_text())["recipes"]["published"]
LISTING = {"name": "inverse_time", "initial": 3e-3, "decay": 0.2, "drops": []}
DROPS = PUBLISHED["schedule"]["drops"]
ONE_CYCLE = {"name": "one_cycle", "peak": 0.2, "warmup": 0.25}


def learning_rates(settings, epoch, epochs, steps):
    schedule = from_settings(SCHEDULES[settings["name"]], settings)
    return schedule.learning_rates(epoch, progress(0, epoch, epochs, steps))


def published_rates():
    with open(HISTORY, newline="") as file:
        return {int(row["epoch"]): float(row["learning_rate"]) for row in csv.DictReader(file)}


@pytest.mark.parametrize("drops", [DROPS, DROPS[::-1]], ids=["in order", "in any order"])
def test_with_its_drops_inverse_time_is_the_published_log_in_all_epochs(drops):
    rates = published_rates()
    assert sorted(rates) == list(range(1, 51))
    for epoch, published in rates.items():
        found = learning_rates(PUBLISHED["schedule"] | {"drops": drops}, epoch, 50, 3)
        np.testing.assert_allclose(found, [published] * 3, rtol=1e-12)


@pytest.mark.parametrize(
    ("epoch", "rate"), [(1, 3e-3), (2, 2.5e-3), (6, 1.5e-3), (32, 3e-3 / 7.2), (50, 3e-3 / 10.8)]
)
def test_without_drops_inverse_time_is_the_published_listing(epoch, rate):
    found = learning_rates(LISTING, epoch, 50, 1563)
    assert found.shape == (1563,)
    np.testing.assert_allclose(found, rate, rtol=1e-12)


def test_one_cycle_rises_to_its_peak_and_falls_to_zero_at_the_middles_of_steps():
    found = np.concatenate([learning_rates(ONE_CYCLE, epoch, 2, 4) for epoch in (1, 2)])
    falling = np.array([11, 9, 7, 5, 3, 1]) / 60  # (1 - (i + 1/2)/8) / 0.75 * 0.2
    np.testing.assert_allclose(found, [0.05, 0.15, *falling], rtol=1e-12)


def test_one_cycle_over_many_steps_reaches_the_peak_and_ends_near_zero():
    found = np.concatenate([learning_rates(ONE_CYCLE, epoch, 10, 400) for epoch in range(1, 11)])
    assert found.argmax() in (999, 1000)
    assert found.max() == pytest.approx(0.2, rel=1e-3)
    assert 0 < found[-1] < 1e-4


def test_one_cycle_without_a_warmup_falls_from_the_start():
    found = learning_rates(ONE_CYCLE | {"warmup": 0.0}, 1, 1, 4)
    np.testing.assert_allclose(found, [0.175, 0.125, 0.075, 0.025])
