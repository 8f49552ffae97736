"""How large images are whose layout says so: CIFAR-10's, and those that are drawn."""

IMAGE_SIDE = 32  # pixels
DRAWN_CLASSES = 10
