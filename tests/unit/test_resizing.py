"""How large the images of an epoch are."""

import logging

import pytest

from resnetcam.recipe.resizing import Resizing, image_sides, relative_costs, small_epochs_of
from resnetcam.training.progress import log_epoch


@pytest.mark.parametrize(
    ("epochs", "share", "small"),
    [
        (12, 0.67, 8),
        (12, 2 / 3, 8),
        (12, 0.66, 7),
        (10, 0.7, 7),
        (100, 0.29, 29),
        (3, 0.999, 2),
        (3, 1 - 1e-12, 2),
        (1, 0.99, 0),
    ],
)
def test_the_first_epochs_see_small_images_and_the_last_never_does(epochs, share, small):
    sides = image_sides([Resizing(0.75, share)], epochs, 32)
    assert sides == [24] * small + [None] * (epochs - small)


@pytest.mark.parametrize(
    ("sizes", "epochs", "sides"),
    [
        ([(16, 0.5), (24, 0.25)], 8, [16] * 4 + [24] * 2 + [None] * 2),
        ([(16, 0.3), (24, 0.3)], 5, [16, 24, 24, None, None]),  # 1.5 and 3 epochs in all
        ([(16, 0.1), (24, 0.2)], 4, [24, None, None, None]),
        ([(16, 0.5), (24, 0.49)], 2, [16, None]),
        ([(24, 0.25), (16, 0.25)], 4, [24, 16, None, None]),
    ],
)
def test_sizes_follow_one_another(sizes, epochs, sides):
    scaled = [Resizing(side / 32, share) for side, share in sizes]
    assert image_sides(scaled, epochs, 32) == sides


@pytest.mark.parametrize(
    ("scale", "whole", "side"),
    [(0.5, 64, 32), (0.75, 224, 168), (0.5, 28, 14), (0.75, 17, 13), (0.98, 16, None)],
)
def test_sizes_follow_the_whole_images(scale, whole, side):
    assert image_sides([Resizing(scale, 0.5)], 2, whole) == [side, None]


def test_without_resizing_images_stay_whole():
    assert image_sides([], 3, 32) == [None] * 3


@pytest.mark.parametrize(
    ("noted", "small"),
    [
        ([{"scale": 0.5, "share": 0.3}, {"scale": 0.75, "share": 0.2}], 5),
        ([{"side": 16, "share": 0.3}, {"side": 24, "share": 0.2}], 5),
        ([], 0),
        ({"side": 24, "share": 0.67}, 6),
        (None, 0),
    ],
)
def test_small_epochs_are_known_of_runs_of_today_and_of_before(noted, small):
    assert small_epochs_of({"progressive_resizing": noted, "epochs": 10}) == small


def test_an_epoch_costs_what_its_pixels_do():
    assert relative_costs([Resizing(0.75, 0.34)], 3, 32) == [9 / 16, 1, 1]
    assert relative_costs([Resizing(0.5, 0.5)], 2, 48) == [1 / 4, 1]


@pytest.mark.parametrize(
    ("seconds", "left"),
    [
        ([10.0], "  90 s left"),  # one small epoch: 3 more, and 2 that cost thrice as much
        ([30.0] * 4, "  3 min left"),
        ([30.0] * 4 + [90.0], "  90 s left"),
        ([30.0] * 4 + [90.0] * 2, "  90 s"),
    ],
)
def test_what_is_left_is_told_by_the_size_of_the_images_to_come(seconds, left, caplog):
    caplog.set_level(logging.INFO)
    names = ("learning_rate", "loss", "accuracy", "val_loss", "val_accuracy")
    history = [
        {"epoch": epoch, "seconds": taken} | dict.fromkeys(names, 0.5)
        for epoch, taken in enumerate(seconds, start=1)
    ]
    log_epoch(history, [1, 1, 1, 1, 3, 3])
    assert caplog.text.rstrip().endswith(left)
    assert "accuracy 50.00 %, val 50.00 %  loss 0.500, val 0.500  " in caplog.text
