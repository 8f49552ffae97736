"""Protocols: which images choose the epoch, and what may be said of the numbers.

``holdout`` trains on a stratified part of the training images and chooses on the rest;
``test_selected`` trains on all of them and chooses on the test set, as the published run did, so
its numbers are too good and are labelled.
"""

HOLDOUT, TEST_SELECTED = PROTOCOLS = ("holdout", "test_selected")


def is_test_selected(protocol: str) -> bool:
    """Whether every choice was made on the test set."""
    return protocol == TEST_SELECTED


def selected_on(protocol: str) -> str:
    """Name the set that chooses the epoch."""
    return "test" if is_test_selected(protocol) else "validation"


def label(protocol: str) -> str:
    """Return what stands behind a test accuracy: nothing, or that it was selected on the set."""
    return " (test-selected)" if is_test_selected(protocol) else ""
