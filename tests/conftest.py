"""How many processes run tests side by side."""

import pytest

from resnetcam.backends.processor import available_threads


@pytest.hookimpl(optionalhook=True)  # there is none with `-p no:xdist`
def pytest_xdist_auto_num_workers():
    """One more than there are processors: the tests on Slurm mostly wait for it."""
    return available_threads() + 1
