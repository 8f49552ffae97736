"""How tests are shared out among processes: how many, what stays together, what comes first."""

import pytest

from resnetcam.backends.processor import available_threads

# Modules that take longest come first, so that none is alone at the end.
LONGEST_FIRST = (
    "test_backends",
    "test_sweep",
    "test_explanation",
    "test_hostile_surroundings",
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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Unit tests of a module stay together, for the networks that it trains; others go alone."""
    items.sort(key=_place)
    for item in items:
        if item.path.parent.name == "unit":
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


def _place(item):
    name = item.path.stem
    return LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST)
