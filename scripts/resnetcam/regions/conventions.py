"""What the workflow and the person who draws agree on."""

LABEL_ATTRIBUTE = "class"  # the attribute that holds a region's class


def annotation_scale(side: int) -> int:
    """Return how many times images of so many pixels a side are enlarged to be drawn on.

    16 times up to 32 pixels, and no further than to 512 pixels.
    """
    return max(1, min(16, 512 // side))
