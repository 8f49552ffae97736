"""From labelled images to ``data.h5``.

Takes ``LabelledImages`` of any source; gives images as bytes, labels, class names, and the split
and mean image of each protocol (``dataset.DatasetReader``).
"""
