"""What the workflow and the person who draws agree on."""

ANNOTATION_SCALE = 16  # how many times images are enlarged to be drawn on
LABEL_ATTRIBUTE = "class"  # the attribute that holds a region's class
