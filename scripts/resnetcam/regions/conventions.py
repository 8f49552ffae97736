"""What the workflow, VIA and the person who draws agree on."""

LABEL_ATTRIBUTE = "class"  # the attribute that holds a region's class

# Of VIA's CSV files.
COLUMNS = (
    "filename",
    "file_size",
    "file_attributes",
    "region_count",
    "region_id",
    "region_shape_attributes",
    "region_attributes",
)
UNKNOWN_SIZE = -1  # what VIA writes for files that it was not handed by the browser


def annotation_scale(side: int) -> int:
    """Return how many times images of so many pixels a side are enlarged to be drawn on.

    16 times up to 32 pixels, and no further than to 512 pixels.
    """
    return max(1, min(16, 512 // side))
