"""Two experiments on the same images: McNemar, bootstrap, Holm."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from resnetcam.common.errors import InputError
from resnetcam.evaluation.paired import Difference, difference, differences, holm, mcnemar
from resnetcam.evaluation.predictions import write_predictions
from resnetcam.report.paired import (
    Pair,
    beside_best,
    compare_pairs,
    in_words,
    predictions_in,
    what_is_right,
)


def table(both, first, second, neither):
    """What two classifiers have right, from the four cells of their table."""
    one = np.repeat([True, True, False, False], [both, first, second, neither])
    other = np.repeat([True, False, True, False], [both, first, second, neither])
    return one, other


def test_mcnemar_on_a_table_with_a_known_p():
    """Agresti's approval ratings: 150 and 86 changed their minds, of 1,600."""
    found = mcnemar(*table(794, 150, 86, 570))
    assert found[:2] == (150, 86)
    assert found.p == pytest.approx(binomtest(86, 236).pvalue)
    assert found.p == pytest.approx(3.7e-5, rel=0.03)


@pytest.mark.parametrize("cells", [(5, 1, 0, 3), (0, 3, 9, 0), (10, 4, 4, 2), (2, 0, 7, 0)])
def test_mcnemar_is_the_binomial_test_of_scipy(cells):
    _, first, second, _ = cells
    expected = binomtest(min(first, second), first + second).pvalue
    assert mcnemar(*table(*cells)).p == pytest.approx(expected)


def test_equal_classifiers_cannot_be_told_apart():
    right = np.array([True, False, True])
    assert mcnemar(right, right) == (0, 0, 1.0)
    found = difference(right[None], right[None])
    assert (found.mean, found.low, found.high) == (0, 0, 0)
    assert not found.is_clear
    assert found.times_as_many == np.inf


def test_the_interval_over_images_is_that_of_paired_differences():
    random = np.random.default_rng(0)
    first, second = random.random((2, 1, 5000)) < np.array([0.9, 0.88])[:, None, None]
    found = difference(first, second)
    each = first[0].astype(float) - second[0]
    half = 1.96 * each.std() / np.sqrt(len(each))
    assert found.mean == pytest.approx(each.mean())
    expected = each.mean() - half, each.mean() + half
    assert (found.low, found.high) == pytest.approx(expected, abs=2e-3)
    assert not found.covers_seeds


def test_the_interval_covers_about_as_often_as_it_says_over_images_and_seeds():
    """Three seeds each, which vary by 2 points, on images of which some are hard for all."""
    random = np.random.default_rng(1)
    inside, widths, within_images = 0, [], []
    for trial in range(100):
        hard = random.beta(4, 1, 400)
        seeds = np.array([0.01, 0])[:, None] + random.normal(0, 0.02, (2, 3))
        right = random.random((2, 3, 400)) < np.clip(hard + seeds[..., None], 0, 1)
        truth = np.clip(hard + 0.01, 0, 1).mean() - hard.mean()
        found = difference(*right, seed=trial)
        inside += found.low <= truth <= found.high
        widths.append(found.high - found.low)
        of_images = difference(right[0, :1], right[1, :1], seed=trial)
        within_images.append(of_images.high - of_images.low)
    assert found.covers_seeds
    assert inside / 100 >= 0.9
    assert np.mean(widths) < 1.2 * np.mean(within_images)


@pytest.mark.parametrize("seeds", [2, 3])
def test_few_seeds_that_differ_by_far_more_than_images_do_are_not_trusted(seeds):
    """They differ by 4 points, and 1,000 images would account for one."""
    random = np.random.default_rng(4)
    inside = 0
    for trial in range(100):
        accuracies = 0.8 + random.normal(0, 0.04, (2, seeds, 1))
        right = random.random((2, seeds, 1000)) < accuracies
        found = difference(*right, seed=trial)
        inside += found.low <= 0 <= found.high
    assert inside >= 86  # of 100; without Student, 75 and 82


def test_a_family_is_told_apart_by_mistake_as_rarely_as_a_pair():
    """Ten experiments that are equally good, each beside the first."""
    random = np.random.default_rng(2)
    pairs = [(number, 0) for number in range(1, 10)]
    any_clear, any_clear_alone = 0, 0
    for trial in range(60):
        right = list(random.random((10, 1, 400)) < random.beta(4, 1, 400))
        any_clear += any(one.is_clear for one in differences(right, pairs, seed=trial))
        any_clear_alone += any(difference(right[i], right[j]).is_clear for i, j in pairs[:6])
    assert any_clear <= 7  # 3 of 60 are expected
    assert any_clear_alone > any_clear


@pytest.mark.parametrize("seeds", [2, 3])
def test_a_family_of_few_seeds_is_told_apart_by_mistake_as_rarely(seeds):
    """Five equally good experiments whose seeds vary by as much as images do, or by more."""
    random = np.random.default_rng(5)
    pairs = list(itertools.combinations(range(5), 2))
    inside = 0
    for trial in range(60):
        easy = random.normal(2.2, 2, 2000) + random.normal(0, 0.2, (5, seeds, 1))
        right = list(random.random((5, seeds, 2000)) < 1 / (1 + np.exp(-easy)))
        inside += all(one.low <= 0 <= one.high for one in differences(right, pairs, seed=trial))
    assert inside >= 54  # of 60; with a variance for each experiment alone, 45 and 50


def test_an_interval_of_a_family_is_wider_and_around_the_same_difference():
    random = np.random.default_rng(3)
    right = list(random.random((4, 1, 500)) < 0.8)
    alone = difference(right[1], right[0])
    beside_others = differences(right, [(1, 0), (2, 0), (3, 0)])[0]
    assert beside_others.mean == pytest.approx(alone.mean)
    assert beside_others.high - beside_others.low > 1.05 * (alone.high - alone.low)
    assert differences(right, []) == []


@pytest.mark.parametrize("images", [1, 3])
def test_few_images_that_all_speak_for_one_side_do_not_tell(images):
    """McNemar's p is 1 of one image, 0.25 of three."""
    found = difference(np.ones((1, images), bool), np.zeros((1, images), bool))
    assert found.mean == 1
    assert not found.is_clear
    assert found.low < 0 < found.high <= 1


def test_the_interval_of_few_discordant_images_is_that_of_bonett_and_price():
    """Five of 30 images that only the first has right: by hand, 5/32 and the root of 7/32 - …"""
    first = np.zeros((1, 30), bool)
    first[0, :5] = True
    found = difference(first, np.zeros_like(first))
    half = 1.96 * np.sqrt((7 / 32 - (5 / 32) ** 2) / 32)
    assert found.mean == pytest.approx(1 / 6)
    assert (found.low, found.high) == pytest.approx((5 / 32 - half, 5 / 32 + half), abs=0.012)


@pytest.mark.parametrize(("seeds", "of_what"), [(1, "test images"), (2, "test images and seeds")])
def test_more_seeds_are_asked_for_where_the_interval_is_about_them(stored, seeds, of_what):
    experiments = {"one": stored("one", [0.9] * seeds, 1), "other": stored("other", [0.9] * seeds)}
    (pair,) = compare_pairs(experiments)
    assert pair.verdict.endswith(f"times as many {of_what} probably would tell")


def test_how_many_images_would_tell():
    """So many that 1.96 errors and the 0.84 of a power of 80 % fit in; 4 if it were 1.96 alone."""
    found = Difference(0.01, -0.01, 0.03, False).times_as_many
    assert found == pytest.approx(4 * ((1.96 + 0.8416) / 1.96) ** 2, rel=1e-3)
    assert Difference(-0.02, -0.03, -0.01, False).is_clear


def test_holm_on_a_hand_computed_family():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.6]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


# Of stored predictions.


@pytest.fixture
def stored(tmp_path):
    """A function that stores what the seeds of an experiment have right of 300 test images."""

    def store(name, accuracies, seed=0, images=300):
        labels = np.arange(images) % 2
        random = np.random.default_rng(seed)
        paths = []
        for number, accuracy in enumerate(accuracies, 1):
            right = random.random(len(labels)) < accuracy
            logits = np.eye(2, dtype=np.float32)[np.where(right, labels, 1 - labels)]
            paths.append(tmp_path / name / f"seed{number}/predictions.h5")
            paths[-1].parent.mkdir(parents=True)
            write_predictions(paths[-1], {"test": (logits, labels)})
        return paths

    return store


def test_clear_and_unclear_pairs_in_words(stored):
    experiments = {
        "good": stored("good", [0.95, 0.95], 1),
        "same": stored("same", [0.95, 0.94], 2),
        "bad": stored("bad", [0.6, 0.61], 3),
    }
    found = compare_pairs(experiments)
    verdicts = {(pair.first, pair.second): pair.verdict for pair in found}
    assert verdicts["good", "bad"] == "good is better"
    assert verdicts["same", "bad"] == "same is better"
    assert verdicts["good", "same"].startswith("cannot be told apart")
    by_name = {(pair.first, pair.second): pair for pair in found}
    one = by_name["good", "bad"]
    assert one.difference.covers_seeds
    right = [what_is_right(experiments[name]) for name in ("good", "bad")]
    assert one.difference.mean == pytest.approx(right[0].mean() - right[1].mean())
    first = {name: what_is_right(paths)[0] for name, paths in experiments.items()}
    pairs = [(pair.first, pair.second) for pair in found]
    family = holm([mcnemar(first[a], first[b]).p for a, b in pairs])
    assert [pair.test.p for pair in found] == pytest.approx(family)
    assert "a 95% interval over test images and seeds" in in_words(one)
    assert compare_pairs({"good": experiments["good"]}) == []


def test_one_seed_each_is_better_only_if_the_test_says_so_too():
    """Of 1,000 images 11 that only the first has right and 3 that only the second has."""
    first, second = np.ones((2, 1, 1000), bool)
    first[:, :3], second[:, 3:14] = False, False
    found, test = difference(first, second), mcnemar(first[0], second[0])
    assert found.is_clear and test.p == pytest.approx(0.0574, abs=1e-4)
    pair = Pair("one", "other", (1, 1), found, test)
    assert pair.verdict.startswith("cannot be told apart")
    assert pair._replace(test=test._replace(p=0.04)).verdict == "one is better, in these trainings"
    assert pair._replace(seeds=(3, 1)).verdict == "one is better, in these trainings"


def test_other_test_images_are_refused(stored):
    one, other = stored("a", [0.9]), stored("b", [0.9], images=299)
    with pytest.raises(InputError, match="other test images"):
        compare_pairs({"a": one, "b": other})


def test_the_command_compares_two_folders(stored, tmp_path):
    stored("a", [0.9])
    stored("b", [0.5])
    scripts = Path(__file__).parents[2] / "scripts"

    def command(*folders):
        return subprocess.run(
            [sys.executable, "-m", "resnetcam", "compare", *map(str, folders)],
            env=os.environ | {"PYTHONPATH": str(scripts)},
            capture_output=True,
            text=True,
            check=False,
        )

    done = command(tmp_path / "a", tmp_path / "b/seed1")
    assert done.returncode == 0, done.stderr
    assert f"{tmp_path / 'a'} is better, in these trainings." in done.stdout
    assert "over test images alone" in done.stdout
    twice = command(tmp_path / "a", tmp_path / "b/../a")
    assert twice.returncode == 1
    assert twice.stderr.endswith("is named twice. Name two experiments, or two runs.\n")
    refused = command(tmp_path / "a", tmp_path)
    assert refused.returncode == 1
    assert "has no predictions.h5" in refused.stderr


def test_the_first_seed_of_a_folder_is_the_lowest(tmp_path):
    for seed in (10, 2):
        (tmp_path / f"seed{seed}").mkdir()
        (tmp_path / f"seed{seed}/predictions.h5").touch()
    assert [path.parent.name for path in predictions_in(tmp_path)] == ["seed2", "seed10"]


def test_members_of_a_sweep_are_compared_with_the_one_that_validation_chose(stored):
    predictions = {
        "alone": stored("alone", [0.9], 1),
        "s-a": stored("s-a", [0.93, 0.94], 2),
        "s-b": stored("s-b", [0.95, 0.93], 3),
        "s-c": stored("s-c", [0.5, 0.52], 4),
    }
    validation = {"alone": 0.99, "s-a": 0.9, "s-b": 0.91, "s-c": 0.5}
    rows = [
        {"experiment": name, "sweep": name.partition("-")[0] if "-" in name else None}
        | {"val_accuracy_mean": validation[name], "minus_best": None}
        for name in predictions
    ]

    beside_best(rows, predictions)

    alone, a, b, c = rows
    assert alone["minus_best"] is None
    assert b["minus_best"] is None
    right = {name: what_is_right(paths).mean() for name, paths in predictions.items()}
    assert a["minus_best"] == pytest.approx(right["s-a"] - right["s-b"])
    assert a["minus_best_low"] < 0 < a["minus_best_high"]
    assert c["minus_best_high"] < -0.1


def test_without_held_out_images_no_member_is_the_best(stored):
    rows = [
        {"experiment": name, "sweep": "s", "val_accuracy_mean": None, "minus_best": None}
        for name in ("a", "b")
    ]
    beside_best(rows, {"a": stored("a", [0.9]), "b": stored("b", [0.8])})
    assert [row["minus_best"] for row in rows] == [None, None]
