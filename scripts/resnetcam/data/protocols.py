"""Protocols: which images choose the epoch, and what may be said of the numbers.

``holdout`` trains on a stratified part of the training images and chooses on the rest;
``test_selected`` trains on all of them and chooses on the test set, as the published run did, so
its numbers are too good and are labelled; ``full`` trains on all of them and chooses nothing: its
settings were chosen before, by ``holdout``, and the last epoch's weights are kept.
"""

HOLDOUT, TEST_SELECTED, FULL = PROTOCOLS = ("holdout", "test_selected", "full")


def is_test_selected(protocol: str) -> bool:
    """Whether every choice was made on the test set."""
    return protocol == TEST_SELECTED


def chooses_nothing(protocol: str) -> bool:
    """Whether no images choose the epoch, so that it is the last one."""
    return protocol == FULL


def holds_out(protocol: str) -> bool:
    """Whether some training images do not train, but choose."""
    return protocol == HOLDOUT


def selected_on(protocol: str) -> str:
    """Name the set that chooses the epoch: ``validation``, ``test`` or ``nothing``."""
    return {HOLDOUT: "validation", TEST_SELECTED: "test", FULL: "nothing"}[protocol]


def label(protocol: str) -> str:
    """Return what stands behind a test accuracy that is not of the usual protocol."""
    return {TEST_SELECTED: " (test-selected)", FULL: " (trained on all images)"}.get(protocol, "")


def share_or_number(asked: float, images: int) -> int:
    """Return how many of so many images are asked for: a share if it is below 1, else a number."""
    return round(asked * images) if asked < 1 else int(asked)
