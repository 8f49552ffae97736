"""How well a network does on images that are not like those of its training.

Takes test images and other sets of images, ``model.keras`` and the linear classifier; gives
corrupted images (``shift.h5``) and the scores of them and of those sets (``shift.json``,
``shift.csv``, ``test_sets.json``).
"""
