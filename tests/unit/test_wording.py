"""Numbers with their nouns."""

import pytest

from resnetcam.common.wording import counted


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (counted(1, "epoch"), "1 epoch"),
        (counted(0, "epoch"), "0 epochs"),
        (counted(2000, "test image"), "2,000 test images"),
        (counted(2, "class", "classes"), "2 classes"),
        (counted(1, "class", "classes"), "1 class"),
    ],
)
def test_one_is_no_plural(written, expected):
    assert written == expected
