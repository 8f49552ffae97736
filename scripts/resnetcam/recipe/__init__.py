"""How to train: what a recipe in the config means.

Takes a recipe's settings and a seed; gives the order of images, their augmentation, learning rates,
the loss and the optimizer's updates. Knows no backend: arithmetic on the device is ``keras.ops``.
"""
