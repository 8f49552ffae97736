"""How well a network does on images that are not like those of its training.

Takes test images and further sets of images, ``model.keras`` and the linear classifier; gives their
scores (``shift.json``, ``shift.csv``, ``test_sets.json``) and corrupted examples (``shift.h5``).
"""
