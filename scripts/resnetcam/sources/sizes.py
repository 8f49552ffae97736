"""Numbers of images: how large those are whose layout says so, and which count as dark."""

IMAGE_SIDE = 32  # pixels
DRAWN_CLASSES = 10
DARK = 64  # of 255, the brightest pixel of all images: what 12 bits look like among 16
