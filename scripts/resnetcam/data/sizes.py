"""How large images are, and how many classes there are: of CIFAR-10 and of the drawn shapes."""

NUM_CLASSES = 10
IMAGE_SIDE = 32  # pixels
