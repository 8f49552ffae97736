"""How tests are shared out among processes: how many, what stays together, what comes first."""

import pytest

from resnetcam.backends.processor import available_threads

# Modules that take longest come first, so that none is alone at the end.
LONGEST_FIRST = (
    "test_backends",
    "test_anywhere",
    "test_sweep",
    "test_explanation",
    "test_killed",
    "test_never_lost",
    "test_chain",
    "test_backend",
    "test_damaged",
)


@pytest.hookimpl(optionalhook=True)  # there is none with `-p no:xdist`
def pytest_xdist_auto_num_workers():
    """One more than there are processors: some tests wait for what others make."""
    return available_threads() + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Tests of a module stay together where they share a network or a run; others go alone.

    In place of `--dist loadgroup`, which heeds no group with pytest 9.2 and pytest-xdist 3.8.
    """
    from xdist.scheduler import LoadFileScheduling

    class ModulesOfUnitTests(LoadFileScheduling):
        def _split_scope(self, nodeid):
            module = super()._split_scope(nodeid)
            together = "tests/unit/" in module or "test_anywhere" in module
            return module if together else nodeid

    return ModulesOfUnitTests(config, log)


def pytest_collection_modifyitems(items):
    items.sort(key=_place)


def _place(item):
    name = item.path.stem
    return LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST)
