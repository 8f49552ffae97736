"""How far trainings are, from logs as trainings write them."""

import logging
import os
import time

from resnetcam.workflow.stage import DONE

import pytest

from resnetcam.common.errors import InputError
from resnetcam.training.progress import log_epoch
from resnetcam.workflow.status import status

ROW = {"learning_rate": 0.01, "loss": 0.5, "accuracy": 0.84, "seconds": 60.0}
MEASURED = {"val_loss": 0.4, "val_accuracy": 0.854}


@pytest.fixture
def train(tmp_path):
    """Returns a function that writes the log of a training of four epochs."""

    def write(name, epochs, *words, chosen=True, ago=5.0):
        log = tmp_path / "logs/shapes" / name / "train.log"
        log.parent.mkdir(parents=True)
        handler = logging.FileHandler(log)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger = logging.getLogger("resnetcam.training.progress")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.info("ResNet20, 45,000 images")
        rows = [ROW | {"epoch": n} | (MEASURED if chosen else {}) for n in range(1, epochs + 1)]
        for done in range(1, epochs + 1):
            log_epoch(rows[:done], [1.0] * 4)
        for level, word in words:
            logger.log(level, word)
        logger.removeHandler(handler)
        handler.close()
        os.utime(log, (time.time() - ago,) * 2)
        return log

    return write


def test_trainings_are_told_by_epoch_accuracy_and_time_left(train, tmp_path):
    train("fast/seed1", 4, (logging.INFO, DONE))
    train("fast/seed2", 2)
    train("fast/seed3", 0, ago=130)
    train("full/seed1", 3, (logging.WARNING, "the disk is slow"), chosen=False)

    lines = status(tmp_path)

    assert lines[0].startswith("shapes/fast/seed2: epoch 2/4, accuracy 84.00 %, val 85.40 %, ")
    assert lines[0].endswith(", 2 min left; its last word 5 s ago")
    assert lines[1] == "shapes/fast/seed3: in its first epoch; its last word 2 min 10 s ago"
    assert lines[2].startswith("shapes/full/seed1: epoch 3/4, accuracy 84.00 %, 60 s left; ")
    assert lines[3:] == ["1 training finished."]


def test_the_last_epoch_has_no_time_left(train, tmp_path):
    train("fast/seed1", 4)

    (line,) = status(tmp_path)
    assert "epoch 4/4, accuracy 84.00 %, val 85.40 %; its last word" in line


def test_a_training_that_failed_says_why(train, tmp_path):
    train("fast/seed1", 1, (logging.ERROR, "The loss is no longer finite."))

    (line,) = status(tmp_path)
    assert line == "shapes/fast/seed1: failed 5 s ago: The loss is no longer finite."


def test_a_folder_without_trainings_is_told(tmp_path):
    with pytest.raises(InputError, match="Name the folder that snakemake was called in"):
        status(tmp_path)
