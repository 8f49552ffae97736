"""How many processes run tests side by side."""

from resnetcam.backends.processor import available_threads


def pytest_xdist_auto_num_workers():
    """One more than there are processors: the tests on Slurm mostly wait for it."""
    return available_threads() + 1
