"""Where images come from, each kind in its own layout: an archive, a folder, a table, a drawing.

Takes URLs, local files or folders, or a seed to draw from; gives ``LabelledImages``: images as
bytes, labels and class names.
"""
