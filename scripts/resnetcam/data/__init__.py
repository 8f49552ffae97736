"""From an archive to ``data.h5``.

Takes URLs, a local archive or folder, or a seed to draw from; gives images as bytes, labels, class
names, and the split and mean image of each protocol (``dataset.DatasetReader``).
"""
